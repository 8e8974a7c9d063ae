"""Reading a YOLO network that was exported to OpenVINO back into torch, so that training can go on from it.

The export folded each batch normalisation into its convolution and may have stored weights as 8-bit integers; names of
the torch modules survive in the names of the operations. Needs the extra `yolo`.
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
_CLASSIFIERS = re.compile(r"model\.\d+\.cv3\.\d\.2$")
"""Last layers of the head: one output channel for each class."""


@dataclass(frozen=True, slots=True)
class FoldedConv:
    """A convolution with its batch normalisation inside. weight: (out, in / groups, kh, kw). bias: (out,)."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


def read_convolutions(xml: Path) -> dict[str, FoldedConv]:
    """By name of the torch module (`model.0.conv`). Raises UnusableWeights where the file is no such export."""
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
    """Of an expression of constants: integers, and what scales them."""
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


def rows_of(metadata: ModelMetadata, wanted: Sequence[str]) -> list[int]:
    """The model's index of each wanted class. Raises UnusableWeights where one is missing."""
    index = {name.lower(): k for k, name in metadata.names.items()}
    missing = [name for name in wanted if name not in index]
    if missing:
        raise UnusableWeights(f"the model to start from does not know {', '.join(missing)}; give one trained on COCO")
    return [index[name] for name in wanted]


def load_folded_weights(
    model: torch.nn.Module, convolutions: Mapping[str, FoldedConv], rows: Sequence[int], pictures: torch.Tensor
) -> None:
    """Makes `model`, in eval mode, the network that the convolutions were read from, with only `rows` of its classes.

    The batch normalisations get the mean and variance that their inputs have on pictures (N, 3, H, W), RGB 0..1, and
    whatever scale and shift makes them do nothing but add the bias: then train mode starts from the same function.
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
    _settle(model, {n.removesuffix(".conv"): torch.from_numpy(f.bias) for n, f in convolutions.items()}, pictures)


def _settle(model: torch.nn.Module, biases: Mapping[str, torch.Tensor], pictures: torch.Tensor) -> None:
    """One pass, in which each batch normalisation measures what comes in before it passes it on."""

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
        model(pictures)
    for hook in hooks:
        hook.remove()
