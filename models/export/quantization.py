"""Post-training quantization of a network to INT8 with NNCF, on images of the cameras that it will process.

Weights become 8-bit per channel. The range of every activation is measured on the images, which should therefore show
the same cameras, by day and by night, at the size of the detector's input. The decoding of boxes and scores in the head
stays in floating point, since a pixel is a small part of its range.
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
"""Most images used for calibration; NNCF uses no more by default, and ranges settle with fewer [source: NNCF]."""

_MATRIX_PRODUCTS = ("Convolution", "GroupConvolution")
"""OpenVINO operations whose weights are quantized."""

_NNCF_ERRORS_ONLY = 40
"""Log level ERROR of NNCF [source: Python logging]."""


def has_nncf() -> bool:
    """Whether NNCF is installed."""
    return find_spec("nncf") is not None


def quantize(
    source: Path, images: Iterable[RgbImage], out: Path, *, mark: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Write the INT8 version of a float network; a dynamic input stays dynamic. Return the mark of the calibration.

    source: an .xml of OpenVINO (FP32 or FP16) or an .onnx, with ultralytics' `metadata.yaml` beside it, or their
    folder. images: of the detector's input size; up to `CALIBRATION_IMAGES` of them are used, all of one size where the
    network's input is fixed. out: folder to write, replaced where it exists; ultralytics and `models.weights.resolver`
    expect NAME_int8_openvino_model. mark: entries for `metadata.yaml` beside the number of images and the versions of
    the tools. Raises UnusableWeights where NNCF is missing, there are no images, or the network is unsuitable.
    """
    if not has_nncf():
        raise UnusableWeights(f"{source}: quantising needs NNCF; run `pip install 'simpang[quantise]'`")
    network_file = _network_file(source)
    metadata_file = network_file.parent / "metadata.yaml"
    stride = read_metadata(metadata_file).stride
    inputs = [_as_input(image, stride) for image, _ in zip(images, range(CALIBRATION_IMAGES), strict=False)]
    if not inputs:
        raise UnusableWeights(f"{source}: no picture to calibrate on; give videos, folders of pictures or cameras")
    network = _quantized(network_file, inputs)
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


def _as_input(image: RgbImage, stride: int) -> NDArray[np.float32]:
    """Input (1, 3, H, W), RGB 0..1."""
    padded = pad_to_stride(image, stride).image
    return np.ascontiguousarray(padded.transpose(2, 0, 1)[None], dtype=np.float32) / np.float32(255)


def _quantized(network_file: Path, inputs: list[NDArray[np.float32]]) -> ov.Model:
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
            ignored_scope=nncf.IgnoredScope(names=_operations_after_convolutions(network), validate=False),
        )
    except (RuntimeError, nncf.ValidationError) as error:
        problem = str(error).strip().splitlines()[-1][:200]
        raise UnusableWeights(f"{network_file}: cannot be quantised ({problem})") from error


def _import_nncf() -> Any:
    """Module NNCF, configured to send no statistics."""
    os.environ.setdefault("NNCF_CI", "1")
    import nncf  # noqa: PLC0415 - takes seconds

    nncf.set_log_level(_NNCF_ERRORS_ONLY)
    return nncf


def _operations_after_convolutions(network: ov.Model) -> list[str]:
    """Names of the operations between the head's convolutions and the output.

    They include the convolution with one output channel by which YOLOv8 to YOLO12 compute a mean.
    """
    queue = [result.input_value(0).get_node() for result in network.get_results()]
    names: set[str] = set()
    while queue:
        node = queue.pop()
        name, kind = node.get_friendly_name(), node.get_type_name()
        if name in names or kind in ("Constant", "Parameter", "ShapeOf"):
            continue
        if kind in _MATRIX_PRODUCTS and node.output(0).get_partial_shape()[1] != ov.Dimension(1):
            continue
        names.add(name)
        queue += [value.get_node() for value in node.input_values()]
    return sorted(names)


def _write(network: ov.Model, out: Path, name: str, metadata_file: Path, mark: Mapping[str, Any]) -> None:
    """Write the folder completely or not at all: a partial folder would be loaded as a model."""
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
