"""The .pt that the GPU runs: a given one, one that was carried along, or a copy of an OpenVINO export."""

from importlib.util import find_spec
from pathlib import Path

from bench.inputs import ROOT, WEIGHTS
from models.errors import UnusableWeights
from models.weights.bundled import STREET_WEIGHTS

CARRIED = ROOT / "build" / "gpu-carried"
"""Folder with what `bench.gpu.carry` wrote for a machine without a network."""

EXPORTS = WEIGHTS, STREET_WEIGHTS
"""OpenVINO exports to measure, the first that is there: yolo11n of the shared folder, `street` of this repository."""


def torch_network(weights: Path | None, carried: Path | None, work: Path) -> tuple[Path, Path | None]:
    """Return the .pt, and the OpenVINO export of the same network where it is here.

    weights: a .pt, or an OpenVINO folder; None for the first of `EXPORTS`. carried: folder that may hold its .pt. work:
    folder to which a copy is written.
    Raises UnusableWeights.
    """
    if weights is not None and not weights.exists():
        raise UnusableWeights(f"{weights}: no such file or folder")
    if weights is not None and weights.suffix == ".pt":
        return weights.resolve(), None
    exports = EXPORTS if weights is None else (weights.resolve(),)
    if carried is not None:
        for exported in exports:
            copy = carried / copy_name(exported)
            if copy.is_file():
                return copy.resolve(), exported if exported.is_dir() else None
    exported = next(each for each in exports if each.exists())
    copy = work / copy_name(exported)
    if copy.is_file() and copy.stat().st_mtime >= exported.stat().st_mtime:
        return copy, exported
    if find_spec("openvino") is None:
        raise UnusableWeights(
            f"{exported}: a copy as .pt needs OpenVINO; run `python -m bench.gpu.carry` where it is installed, and "
            "bring the folder that it names, or give --weights with a .pt"
        )
    from models.export.torch_copy import write_torch_copy  # noqa: PLC0415 - torch takes seconds to load

    return write_torch_copy(exported, copy), exported


def copy_name(exported: Path) -> str:
    """Return the file name of an export's copy.

    >>> copy_name(Path("yolo11n_int8_openvino_model"))
    'yolo11n.pt'
    """
    return f"{exported.name.removesuffix('_openvino_model').removesuffix('_int8')}.pt"
