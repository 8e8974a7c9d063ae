"""OpenVINO networks as files and graphs: read, check, reduce and compile them."""

from functools import cache
from pathlib import Path

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset15 as ops
from openvino import properties
from openvino.preprocess import PrePostProcessor

from models.detection.cpu import available_cores
from models.errors import UnusableWeights


@cache
def core() -> ov.Core:
    """The only OpenVINO core of the process, never freed.

    The CPU plugin of OpenVINO 2026.4 replaces the signal stack of the thread that loads it, and restores the former one
    when its core is freed. With two cores, the second restores the freed stack of the first, and the next Ctrl-C ends
    in a segmentation fault.
    """
    return ov.Core()


def read_network(xml: Path) -> ov.Model:
    """Network of an .xml file. Raises UnusableWeights."""
    try:
        return core().read_model(xml)
    except RuntimeError as error:
        raise UnusableWeights(f"{xml}: OpenVINO cannot read this model; export it again or fetch another") from error


def fixed_size(model: ov.Model) -> tuple[int, int] | None:
    """Size (width, height) of a fixed input; None for a dynamic input."""
    shape = model.inputs[0].partial_shape
    if shape.rank.is_dynamic or shape[2].is_dynamic or shape[3].is_dynamic:
        return None
    return shape[3].get_length(), shape[2].get_length()


def has_anchor_free_head(model: ov.Model, classes: int, xml: Path) -> bool:
    """Whether the head suits `models.detection.yolo_postprocess.decode_anchor_free`; False for `decode_end_to_end`.

    Raises UnusableWeights for any other head.
    """
    inputs, outputs = (
        [[d.get_length() if d.is_static else None for d in port.partial_shape] for port in ports]
        for ports in (model.inputs, model.outputs)
    )
    takes_one_image = len(inputs) == 1 and len(inputs[0]) == 4 and inputs[0][1] == 3
    if takes_one_image and len(outputs) == 1 and len(outputs[0]) == 3:
        _, rows, columns = outputs[0]
        if rows == 4 + classes:
            return True
        if columns == 6:
            return False
    raise UnusableWeights(
        f"{xml}: expected a detection model that takes [1, 3, H, W] and gives [1, {4 + classes}, N] or [1, N, 6]; "
        f"this one takes {inputs} and gives {outputs}"
    )


def keep_classes(model: ov.Model, wanted: NDArray[np.int64]) -> ov.Model:
    """Network with an anchor-free head reduced to some classes, with output [1, 4 + wanted, N].

    Where the head ends in a sigmoid, as in most exports, the sigmoid of the other classes is not computed.
    """
    output = model.get_results()[0].input_value(0)
    last = output.get_node()
    parts = last.input_values() if last.get_type_name() == "Concat" else []
    axis = ops.constant(np.int64(1))
    if len(parts) == 2 and parts[1].get_node().get_type_name() == "Sigmoid":
        scores = ops.sigmoid(ops.gather(parts[1].get_node().input_value(0), ops.constant(wanted), axis))
        fewer = ops.concat([parts[0], scores], 1)
    else:
        rows = np.concatenate([np.arange(4), 4 + wanted])
        fewer = ops.gather(output, ops.constant(rows), axis)
    return ov.Model([ops.result(fewer)], model.get_parameters(), model.get_friendly_name())


def compile_network(
    model: ov.Model, *, xml: Path, device: str, cache_dir: Path | None, threads: int | None = None
) -> ov.CompiledModel:
    """Compiled network with a (1, H, W, 3) uint8 RGB input, converted and scaled inside its graph.

    xml: for messages. threads: on the CPU; by default one for each core. Raises UnusableWeights where the device cannot
    run the network.
    """
    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(ov.Type.f32).scale(255.0)
    options = {properties.hint.performance_mode: properties.hint.PerformanceMode.THROUGHPUT}
    if device == "CPU":
        # With pinning, networks for several sizes would all start on the first core.
        options[properties.hint.enable_cpu_pinning] = False
        options[properties.inference_num_threads] = threads or available_cores()
    if cache_dir is not None:
        options[properties.cache_dir] = str(cache_dir)
    try:
        return core().compile_model(steps.build(), device, options)
    except RuntimeError as error:
        raise UnusableWeights(
            f"{xml}: OpenVINO cannot run this model on {device}; devices here: {', '.join(core().available_devices)}"
        ) from error
