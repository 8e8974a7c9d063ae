"""The whole GPU benchmark on the CPU, with a small network and few frames: it must run on a GPU at the first try."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from bench.gpu.gpu_report import main
from bench.inputs import ROOT
from tests.support.servers import write_clip

pytestmark = [
    pytest.mark.slow,  # torch
    pytest.mark.skipif(find_spec("ultralytics") is None, reason="needs the extra `yolo` (ultralytics and torch)"),
]


def run(*arguments):
    """Run the benchmark with one thread for each process: it shares the machine with other tests."""
    command = [sys.executable, "-m", "bench.gpu.gpu_report", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=850, check=False)


@pytest.mark.integration
@pytest.mark.timeout(900)  # ten processes load torch, on a machine that runs other tests
def test_every_part_is_measured_on_the_cpu_and_printed(tmp_path):
    from tests.support.bright_torch_network import save_bright_network

    (tmp_path / "clips").mkdir()
    write_clip(tmp_path / "clips" / "road.mp4")
    weights = save_bright_network(tmp_path / "bright.pt")
    done = run("--device", "cpu", "--quick", "--weights", weights, "--clips", tmp_path / "clips", "--out", tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout
    parts = json.loads((tmp_path / "gpu.json").read_text())["parts"]
    with_cpu, with_openvino = parts["detections_equal"]["rows"]
    assert (with_cpu["boxes of the CPU"], with_cpu["of the CPU's, matched"]) == (4, 1.0)
    assert with_openvino["note"] == "no export of this network was given"
    one, two, new_size = parts["throughput"]["rows"]
    assert (one["batch"], two["batch"]) == (1, 2)
    assert min(one["frames/s"], two["frames/s"], two["network alone, frames/s"], new_size["ms a batch"]) > 0
    assert parts["tensorrt_engines"]["absent"] == "TensorRT runs on GPUs only"
    assert [row["decoder"] for row in parts["decoding"]["rows"][:2]] == ["CPU", "CPU"]
    assert all(row["frames/s"] > 0 for row in parts["decoding"]["rows"][:2])
    cameras = parts["streams"]["rows"]
    assert cameras[0]["cameras"] == 1
    assert all(row["analysed/s, all"] > 0 and row["through the network"] > 0 for row in cameras)
    assert not any(part["failed"] for part in parts.values())
    assert "### Live cameras" in done.stdout
    assert "| torch FP32 | 2     |" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "torch finds no NVIDIA GPU here"),
        (("--device", "vulkan"), "vulkan: no such device; give cuda"),
        (("--device", "cuda:last"), "cuda:last: no such device; give cuda"),
        (("--device", "cpu", "--weights", "missing.pt"), "missing.pt: no such file or folder"),
        (("--device", "cpu", "--clips", "missing"), "missing: no .mp4 or .mkv in this folder"),
    ],
)
def test_what_cannot_be_measured_gets_one_line(arguments, reason, tmp_path, capsys, monkeypatch):
    import torch

    if torch.cuda.is_available() and not arguments:
        pytest.skip("this machine has a GPU")
    monkeypatch.chdir(ROOT)
    assert main([*arguments, "--out", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"bench-gpu: {reason}")
    assert printed.err.count("\n") == 1


def test_a_batch_that_the_device_has_no_memory_for_is_a_row(tmp_path, monkeypatch):
    import numpy as np
    import torch

    from bench.gpu.gpu_options import GpuOptions
    from bench.gpu.throughput import batch_row
    from models.detection.ultralytics import UltralyticsDetector
    from tests.support.bright_torch_network import save_bright_network

    weights = save_bright_network(tmp_path / "bright.pt")
    options = GpuOptions(
        device="cpu", weights=weights, exported=None, clips=None, work=tmp_path, extent_name="quick", ends_at=0
    )
    frames = [np.zeros((64, 64, 3), np.uint8)] * 2
    detect = UltralyticsDetector.detect

    def detect_one(self, images):
        if len(images) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return detect(self, images)

    monkeypatch.setattr(UltralyticsDetector, "detect", detect_one)
    assert batch_row("torch FP32", weights, options, frames, 1)["frames/s"] > 0
    assert batch_row("torch FP32", weights, options, frames, 2)["note"] == "the device has too little memory"
