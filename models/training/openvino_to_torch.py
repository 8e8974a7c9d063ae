"""Conversion of a YOLO network from OpenVINO back to torch, to continue its training.

The export folds each batch normalisation into its convolution and may store weights as 8-bit integers. The names of the
torch modules are parts of the names of the operations. Needs the extra `yolo`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.detection.openvino_graph import read_network
from models.errors import UnusableWeights
from models.weights.model_metadata import ModelMetadata

_MODULE = re.compile(r"__module\.(model\..+)/aten::_convolution/(?:Convolution|GroupConvolution)$")
"""Name of an OpenVINO operation that was a torch convolution [source: ultralytics' export]."""

_CLASSIFIERS = re.compile(r"model\.\d+\.cv3\.\d\.2$")
"""Last layers of the head, with one output channel for each class [source: YOLO11]."""


@dataclass(frozen=True, slots=True)
class FoldedConv:
    """Convolution with folded batch normalisation. weight: (out, in / groups, kh, kw). bias: (out,)."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


def read_convolutions(xml: Path) -> dict[str, FoldedConv]:
    """Convolutions by the name of the torch module (`model.0.conv`). Raises UnusableWeights for another file."""
    network = read_network(xml)
    found: dict[str, FoldedConv] = {}
    for operation in network.get_ops():
        name = _MODULE.match(operation.get_friendly_name())
        sums = [target.get_node() for target in operation.output(0).get_target_inputs()]
        if name is None or len(sums) != 1 or sums[0].get_type_name() != "Add":
            continue
        weight = _value(operation.input_value(1).get_node(), xml)
        bias = _value(sums[0].input_value(1).get_node(), xml)
        if weight.ndim == 5:  # (groups, out / groups, in / groups, kh, kw)
            weight = weight.reshape(-1, *weight.shape[2:])
        found[name[1]] = FoldedConv(weight.astype(np.float32), bias.reshape(-1).astype(np.float32))
    if not found:
        raise UnusableWeights(f"{xml}: no convolution carries the name of a torch module; export it with ultralytics")
    return found


def _value(node: Any, xml: Path) -> NDArray[Any]:
    """Value of an expression of constants, such as scaled integers. Raises UnusableWeights for other operations."""
    inputs = [port.get_source_output().get_node() for port in node.inputs()]
    match node.get_type_name():
        case "Constant":
            return np.asarray(node.get_data())
        case "Convert":
            return _value(inputs[0], xml).astype(np.float32)
        case "Multiply":
            return np.asarray(_value(inputs[0], xml) * _value(inputs[1], xml))
        case "Subtract":
            return np.asarray(_value(inputs[0], xml) - _value(inputs[1], xml))
        case "Reshape":
            return _value(inputs[0], xml).reshape(_value(inputs[1], xml))
    raise UnusableWeights(f"{xml}: weights made by {node.get_type_name()} cannot be read back; give a .pt instead")


def class_rows(metadata: ModelMetadata, wanted: Sequence[str]) -> list[int]:
    """Index of each wanted class in the model. Raises UnusableWeights where one is missing."""
    index = {name.lower(): k for k, name in metadata.names.items()}
    missing = [name for name in wanted if name not in index]
    if missing:
        raise UnusableWeights(f"the model to start from does not know {', '.join(missing)}; give one trained on COCO")
    return [index[name] for name in wanted]


def load_folded_weights(
    model: torch.nn.Module, convolutions: Mapping[str, FoldedConv], rows: Sequence[int], images: torch.Tensor
) -> None:
    """Load the convolutions into `model`, with `rows` of their classes; leaves the model in eval mode.

    Batch normalisations get the mean and variance of their inputs on images (N, 3, H, W), RGB 0..1, and the scale and
    shift with which they only add the bias. Training then starts from the same function.
    Raises UnusableWeights where the networks differ.
    """
    for name, module in model.named_modules():
        if not isinstance(module, torch.nn.Conv2d) or name.endswith("dfl.conv"):
            continue
        folded = convolutions.get(name)
        if folded is None:
            raise UnusableWeights(f"{name} is not among the weights to start from; give a network of the same kind")
        weight, bias = torch.from_numpy(folded.weight), torch.from_numpy(folded.bias)
        if _CLASSIFIERS.match(name):
            weight, bias = weight[list(rows)], bias[list(rows)]
        if module.weight.shape != weight.shape:
            raise UnusableWeights(f"{name} has another shape in the weights to start from; give a YOLO11n")
        with torch.no_grad():
            module.weight.copy_(weight)
            if module.bias is not None:
                module.bias.copy_(bias)
    _set_batch_norms(
        model, {n.removesuffix(".conv"): torch.from_numpy(f.bias) for n, f in convolutions.items()}, images
    )


def _set_batch_norms(model: torch.nn.Module, biases: Mapping[str, torch.Tensor], images: torch.Tensor) -> None:
    """Set each batch normalisation in one pass, from its inputs, before it is evaluated."""

    def measure(norm: Any, inputs: tuple[torch.Tensor]) -> None:
        mean, variance = inputs[0].mean(dim=(0, 2, 3)), inputs[0].var(dim=(0, 2, 3), correction=0)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_(torch.sqrt(variance + norm.eps))
        norm.bias.copy_(biases[names[norm]] + mean)

    names = {m: n.removesuffix(".bn") for n, m in model.named_modules() if isinstance(m, torch.nn.BatchNorm2d)}
    hooks = [norm.register_forward_pre_hook(measure) for norm in names]
    model.eval()
    with torch.no_grad():
        model(images)
    for hook in hooks:
        hook.remove()
