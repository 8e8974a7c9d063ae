"""Table of what an NVIDIA GPU does for Simpang: detections, frames a second, decoding, live cameras, memory.

    python -m bench.gpu.gpu_report [--quick] [--device cpu] [--clips DIR] [--weights FILE]

Each part runs in a process of its own; one that is not possible here, such as TensorRT where it is not installed,
yields a line with the reason. Writes build/bench/gpu.json, and prints the tables as Markdown. Exit status 1 where a
part failed or the detections differ; 2 where there is no GPU or no network. docs/gpu.md explains the columns, and how
to run it on a machine without a network.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from bench.gpu.gpu_network import CARRIED, torch_network
from bench.gpu.gpu_options import GpuOptions
from bench.gpu.gpu_table import report
from bench.gpu.measure_part import PARTS
from bench.gpu.memory_per_camera import memory_rows
from bench.gpu.part_result import NotPossibleHere, PartResult, RowFile
from bench.inputs import CLIPS, RESULTS, ROOT
from models.detection.cpu import available_cores
from models.detection.tensorrt_cache import has_tensorrt
from models.errors import UnusableWeights
from pipelines.worker.child_process import last_line, running_process

MINUTES = 8.0
"""Length of the whole run in minutes; no further number of cameras is tried after it [assumption]."""

ENGINE_BUILD_S = 600.0
"""Longest build of a TensorRT engine in seconds, once for a GPU; it comes on top of the run [assumption]."""

GRACE_S = 60.0
"""Time (s) that a part may take beyond the end of the run, to finish what it began [assumption]."""

NO_GPU = 2
"""Exit status where nothing could be measured."""


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and store; return the exit status."""
    began = time.time()
    chosen = parsed(arguments)
    problem = clips_problem(chosen.clips) or device_problem(chosen.device)
    if problem:
        print(f"bench-gpu: {problem}", file=sys.stderr)
        return NO_GPU
    work: Path = chosen.out.resolve() / "gpu"
    work.mkdir(parents=True, exist_ok=True)
    try:
        weights, exported = torch_network(chosen.weights, chosen.carried, work)
    except UnusableWeights as error:
        print(f"bench-gpu: {error}", file=sys.stderr)
        return NO_GPU
    options = GpuOptions(
        device=chosen.device,
        weights=weights,
        exported=exported,
        clips=clips(chosen.clips, chosen.carried),
        work=work,
        extent_name="quick" if chosen.quick else "full",
        ends_at=began + 60 * chosen.minutes,
    )
    os.chdir(ROOT)  # the processes of the parts run modules of this repository
    measured = {part: run_part(part, options) for part in PARTS}
    measured["memory_per_camera"] = memory(measured["streams"])
    facts = machine(options)
    parts = {name: part.to_dict() for name, part in measured.items()}
    result = json.dumps({"machine": facts, "parts": parts}, indent=1)
    (work.parent / "gpu.json").write_text(result + "\n", encoding="utf-8")
    print(report(facts, measured))
    return 0 if all(part.passed for part in measured.values()) else 1


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="bench.gpu.gpu_report", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1, or cpu for a trial without a GPU")
    parser.add_argument("--weights", type=Path, help="a .pt, or the folder of a YOLO11n exported to OpenVINO")
    parser.add_argument("--clips", type=Path, help="folder of videos with traffic")
    parser.add_argument("--carried", type=Path, default=CARRIED, help="folder that bench.gpu.carry wrote")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of gpu.json and of the files of the parts")
    parser.add_argument("--quick", action="store_true", help="few frames and cameras: a trial of all parts")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="length of the whole run")
    return parser.parse_args(arguments)


def device_problem(device: str) -> str:
    """Return in one line why nothing can run on the device; empty where it can."""
    missing = [name for name in ("torch", "torchvision", "ultralytics") if find_spec(name) is None]
    if missing:
        return f"{', '.join(missing)} missing; run `make setup`, or see docs/gpu.md for what to carry along"
    if device == "cpu":
        return ""
    import torch  # noqa: PLC0415 - takes seconds

    kind, _, number = device.partition(":")
    if kind != "cuda" or not (number.isdecimal() or device == "cuda"):
        return f"{device}: no such device; give cuda, cuda:1 or cpu"
    if not torch.cuda.is_available():
        return "torch finds no NVIDIA GPU here; nothing was measured (for a trial on the CPU: --device cpu --quick)"
    if int(number or 0) >= torch.cuda.device_count():
        return f"{device}: the last GPU of this machine is cuda:{torch.cuda.device_count() - 1}"
    return ""


def clips_problem(folder: Path | None) -> str:
    """Return in one line why the given folder has no clips; empty where it has some, or none was given."""
    if folder is None or any(path.suffix.lower() in (".mp4", ".mkv") for path in folder.glob("*")):
        return ""
    return f"{folder}: no .mp4 or .mkv in this folder; give one with traffic video: --clips DIR"


def clips(given: Path | None, carried: Path) -> Path | None:
    """Return the folder of clips: the given, the carried or the shared one; None without any."""
    if given is not None:
        return given.resolve()
    return next((folder for folder in (carried / "clips", CLIPS) if any(folder.glob("*.mp4"))), None)


def run_part(part: str, options: GpuOptions) -> PartResult:
    """Run a part in its own process and return its rows, also where it crashed or did not end."""
    print(f"{part} ...", file=sys.stderr, flush=True)
    rows, log, spec = (options.work / f"{part}{suffix}" for suffix in (".jsonl", ".log", ".options.json"))
    rows.unlink(missing_ok=True)
    spec.write_text(options.model_dump_json(), encoding="utf-8")
    limit_s = max(options.left_s(), 0.0) + GRACE_S + (ENGINE_BUILD_S if part == "tensorrt_engines" else 0.0)
    began = time.monotonic()
    command = [sys.executable, "-m", "bench.gpu.measure_part", part, str(spec), str(rows)]
    problem = ended(command, log, limit_s)
    result = RowFile(rows).read() or crashed(RowFile(rows), problem or last_line(log))
    result.seconds = round(time.monotonic() - began, 1)
    outcome = result.absent or result.failed or f"{len(result.rows)} rows"
    print(f"{part}: {outcome}, {result.seconds:g} s", file=sys.stderr, flush=True)
    return result


def ended(command: list[str], log: Path, limit_s: float) -> str:
    """Wait for a process; return in one line that it did not end, else an empty text."""
    with running_process(command, log=log) as child:
        try:
            child.wait(limit_s)
        except subprocess.TimeoutExpired:
            return f"not ended after {limit_s:.0f} s"
    return ""


def crashed(rows: RowFile, problem: str) -> PartResult:
    """Return the rows that a broken part had measured, with its problem."""
    result = rows.rows_so_far()
    result.failed = problem.rstrip(".")
    return result


def memory(streams: PartResult) -> PartResult:
    """Return the memory of one further camera from the runs of live cameras."""
    try:
        return PartResult(list(memory_rows(streams.rows)))
    except NotPossibleHere as reason:
        return PartResult(absent=str(reason))


def machine(options: GpuOptions) -> dict[str, str]:
    """Return what the figures belong to: GPU, versions, cores, network and images."""
    return {
        "GPU": gpu_name(options.device) if options.on_gpu else "none, a trial on the CPU",
        "torch": version("torch"),
        "TensorRT": "installed" if has_tensorrt() else "not installed",
        "Python": platform.python_version(),
        "cores": str(available_cores()),
        "network": options.weights.name,
        "images": "a panned picture" if options.clips is None else f"clips of {options.clips.name}",
        "extent": options.extent_name,
    }


def gpu_name(device: str) -> str:
    """Return the name of the GPU and the version of CUDA."""
    import torch  # noqa: PLC0415 - takes seconds

    return f"{torch.cuda.get_device_name(device)}, CUDA {torch.version.cuda}"


if __name__ == "__main__":
    sys.exit(main())
