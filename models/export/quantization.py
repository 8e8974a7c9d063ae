"""An INT8 network from a float one: post-training quantisation with NNCF, on pictures of the cameras it will serve.

Weights become 8-bit per channel. The range of every activation is measured on the pictures, which therefore should be
what the network will see later: the same cameras, by day and by night, at the size at which they are looked at.
What turns the head's numbers into boxes and scores stays in floating point: there a pixel is a small part of the range.
"""

import os
import shutil
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import yaml
from numpy.typing import NDArray

from models.detection.detector import RgbImage
from models.detection.letterbox import pad_to_stride
from models.detection.openvino_graph import read_network
from models.errors import UnusableWeights
from models.weights.model_metadata import read_metadata

CALIBRATION_IMAGES = 300
"""More than NNCF looks at; ranges settle with far fewer."""

_MATRIX_PRODUCTS = ("Convolution", "GroupConvolution")


def has_nncf() -> bool:
    return find_spec("nncf") is not None


def quantize(
    source: Path, pictures: Iterable[RgbImage], out: Path, *, mark: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Write the INT8 version of a float network; the size of its input stays as dynamic as it was.

    source: an .xml of OpenVINO (FP32 or FP16) or an .onnx, with ultralytics' `metadata.yaml` beside it, or the folder
    that holds these. pictures: what the detector will see, at that size; up to `CALIBRATION_IMAGES` of them are used,
    all of one size where the network's input is fixed. out: folder to write, replaced where it exists; ultralytics and
    `models.weights.resolver` expect NAME_int8_openvino_model. mark: what `metadata.yaml` is to say about the
    calibration beside the number of pictures and the versions of the tools. Returns that mark. Raises UnusableWeights
    where NNCF is missing, there are no pictures, or the network does not fit.
    """
    if not has_nncf():
        raise UnusableWeights(f"{source}: quantising needs NNCF; run `pip install 'simpang[quantise]'`")
    network_file = _network_file(source)
    metadata_file = network_file.parent / "metadata.yaml"
    stride = read_metadata(metadata_file).stride
    inputs = [_as_input(picture, stride) for picture, _ in zip(pictures, range(CALIBRATION_IMAGES), strict=False)]
    if not inputs:
        raise UnusableWeights(f"{source}: no picture to calibrate on; give videos, folders of pictures or cameras")
    network = _quantised(network_file, inputs)
    marked = {
        **(mark or {}),
        "pictures": len(inputs),
        "nncf": version("nncf"),
        "openvino": version("openvino"),
    }
    _write(network, out, network_file.stem, metadata_file, marked)
    return marked


def _network_file(source: Path) -> Path:
    found = sorted([*source.glob("*.xml"), *source.glob("*.onnx")]) if source.is_dir() else [source]
    if len(found) != 1 or found[0].suffix not in (".xml", ".onnx") or not found[0].is_file():
        raise UnusableWeights(f"{source}: expected one OpenVINO .xml with its .bin, or one .onnx, to quantise")
    return found[0]


def _as_input(picture: RgbImage, stride: int) -> NDArray[np.float32]:
    """(1, 3, H, W), RGB 0..1."""
    padded = pad_to_stride(picture, stride).image
    return np.ascontiguousarray(padded.transpose(2, 0, 1)[None], dtype=np.float32) / np.float32(255)


def _quantised(network_file: Path, inputs: list[NDArray[np.float32]]) -> ov.Model:
    nncf = _import_nncf()
    network = read_network(network_file)
    if any(node.get_type_name() == "FakeQuantize" for node in network.get_ops()):
        raise UnusableWeights(f"{network_file}: this model is quantised already; give its float export or the .pt")
    try:
        return nncf.quantize(
            network,
            nncf.Dataset(inputs),
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(inputs),
            ignored_scope=nncf.IgnoredScope(names=_after_the_last_convolutions(network), validate=False),
        )
    except (RuntimeError, nncf.ValidationError) as error:
        problem = str(error).strip().splitlines()[-1][:200]
        raise UnusableWeights(f"{network_file}: cannot be quantised ({problem})") from error


def _import_nncf() -> Any:
    """NNCF, told beforehand not to report home."""
    os.environ.setdefault("NNCF_CI", "1")
    import nncf  # noqa: PLC0415 - takes seconds

    nncf.set_log_level(40)
    return nncf


def _after_the_last_convolutions(network: ov.Model) -> list[str]:
    """Names of the operations between the head's convolutions and the output.

    The convolution with one output channel that YOLOv8 to YOLO12 use to take a mean belongs to them.
    """
    waiting = [result.input_value(0).get_node() for result in network.get_results()]
    found: set[str] = set()
    while waiting:
        node = waiting.pop()
        name, kind = node.get_friendly_name(), node.get_type_name()
        if name in found or kind in ("Constant", "Parameter", "ShapeOf"):
            continue
        if kind in _MATRIX_PRODUCTS and node.output(0).get_partial_shape()[1] != ov.Dimension(1):
            continue
        found.add(name)
        waiting += [value.get_node() for value in node.input_values()]
    return sorted(found)


def _write(network: ov.Model, out: Path, name: str, metadata_file: Path, mark: Mapping[str, Any]) -> None:
    """All or nothing: a folder that is half written would be taken for a model."""
    partial = out.with_name(f"{out.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        ov.save_model(network, partial / f"{name}.xml", compress_to_fp16=False)
        metadata = yaml.safe_load(metadata_file.read_text(encoding="utf-8"))
        metadata["args"] = {**(metadata.get("args") or {}), "int8": True}
        metadata["quantisation"] = dict(mark)
        (partial / "metadata.yaml").write_text(
            yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True), encoding="utf-8"
        )
        shutil.rmtree(out, ignore_errors=True)
        partial.rename(out)
    except OSError as error:
        raise UnusableWeights(f"{out}: cannot be written ({error.strerror or error}); choose another folder") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
