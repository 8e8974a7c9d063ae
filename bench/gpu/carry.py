"""Folder to carry to a GPU machine without a network: the .pt, short clips, and the list of wheels to fetch.

    python -m bench.gpu.carry [DIR]

DIR is build/gpu-carried by default. The wheels are fetched by the command that is printed; then
`bench/gpu/offline.sh` runs everything from there (docs/gpu.md).
"""

import argparse
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.gpu.camera_images import USED_CLIPS, clip_paths
from bench.gpu.gpu_network import CARRIED, torch_network
from bench.inputs import CLIPS, RESULTS
from models.errors import UnusableWeights

WORK = RESULTS / "gpu"
"""Folder of the network and the clips before they are packed."""

WHEELS = (
    "aio-rtsp-toolkit",
    "aio-sockets",
    "annotated-types",
    "av",
    "platformdirs",
    "pydantic",
    "pydantic-core",
    "pydantic-settings",
    "python-dotenv",
    "structlog",
    "typing-extensions",
    "typing-inspection",
    "ultralytics-opencv-headless",
    "ultralytics-platform",
    "ultralytics-thop",
)
"""Packages that a machine with PyTorch, torchvision, NumPy, OpenCV, SciPy, httpx, rich, click, attrs, psutil and PyYAML
lacks [measured: imports of the worker, the RTSP server and the detector]. TensorRT and OpenVINO are optional."""

FETCH = (
    "python3 -m pip download --no-deps --only-binary=:all: --python-version {python} --implementation cp "
    "--platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 -d {folder} "
    "-r {folder}/wheels.txt"
)
"""Command that fetches the wheels, for the Python and the processor of the GPU machine."""


def main(arguments: list[str] | None = None) -> int:
    """Write the folder; return the exit status."""
    parser = argparse.ArgumentParser(prog="bench.gpu.carry", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=CARRIED)
    parser.add_argument("--weights", type=Path, help="folder of a YOLO11n exported to OpenVINO")
    parser.add_argument("--clips", type=Path, default=CLIPS, help="folder of videos with traffic")
    parser.add_argument("--python", default="3.12", help="Python of the GPU machine")
    chosen = parser.parse_args(arguments)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    WORK.mkdir(parents=True, exist_ok=True)
    try:
        network, _ = torch_network(chosen.weights, None, WORK)
    except UnusableWeights as error:
        print(f"carry: {error}", file=sys.stderr)
        return 2
    write_half(network, chosen.folder / network.name)
    (chosen.folder / "wheels.txt").write_text("".join(f"{name}=={version(name)}\n" for name in WHEELS))
    if chosen.clips.is_dir():
        carry_clips(chosen.clips, chosen.folder / "clips")
    size_mb = sum(path.stat().st_size for path in chosen.folder.rglob("*") if path.is_file()) / 2**20
    print(f"{chosen.folder}: {size_mb:.1f} MB. Fetch the wheels (40 MB more), then carry the repository with it:")
    print(FETCH.format(python=chosen.python, folder=chosen.folder))
    return 0


def write_half(network: Path, target: Path) -> None:
    """Write the network with weights in FP16, half the size: a GPU runs it in FP16."""
    import torch  # noqa: PLC0415 - takes seconds

    checkpoint: dict[str, Any] = torch.load(network, map_location="cpu", weights_only=False)
    checkpoint["model"] = checkpoint["model"].half()
    torch.save(checkpoint, target)


def carry_clips(source: Path, target: Path) -> None:
    """Copy the used clips, encoded as cameras send them, which is a few megabytes."""
    from pipelines.capacity.clips import prepare_clips  # noqa: PLC0415 - needs PyAV

    used = WORK / "to_carry"
    shutil.rmtree(used, ignore_errors=True)
    used.mkdir(parents=True)
    for clip in clip_paths(source, len(USED_CLIPS)):
        (used / clip.name).symlink_to(clip.resolve())
    target.mkdir(exist_ok=True)
    for prepared in prepare_clips(used, WORK / "clips"):
        shutil.copy(prepared.path, target / f"{prepared.name}.mp4")


if __name__ == "__main__":
    sys.exit(main())
