"""Initial network of a training: a YOLO11n for ROAD_USERS with pretrained weights. Needs the extra `yolo`."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from analytics.road_users import ROAD_USERS
from models.detection.openvino import find_xml
from models.detection.ultralytics import import_ultralytics
from models.training.dataset import Batch, CropSampler, LabelledImage
from models.training.openvino_to_torch import class_rows, load_folded_weights, read_convolutions
from models.weights.model_metadata import checked_metadata, read_metadata

ARCHITECTURE = "yolo11n.yaml"
"""Network of ultralytics."""

_CALIBRATION_CROPS = 48
"""Crops on which batch normalisations are measured [assumption]."""


def initial_network(start: Path, images: Sequence[LabelledImage], seed: int) -> torch.nn.Module:
    """YOLO11n for ROAD_USERS that detects the same as `start`.

    start: a .pt of ultralytics, or a YOLO11n exported to OpenVINO, with classes that include ROAD_USERS, such as COCO.
    images: of the training. Raises UnusableWeights.
    """
    crops = to_tensor(CropSampler(images, _CALIBRATION_CROPS, seed).next())
    if start.suffix == ".pt":
        loaded = import_ultralytics().YOLO(start)
        network: Any = loaded.model.float()
        rows = class_rows(checked_metadata({"names": loaded.names, "task": loaded.task}, start), ROAD_USERS)
        classifiers = [branch[-1] for branch in network.model[-1].cv3]
        _replace_classifier(network)
        for branch, old in zip(network.model[-1].cv3, classifiers, strict=True):
            branch[-1].load_state_dict({key: value[rows] for key, value in old.state_dict().items()})
    else:
        xml = find_xml(start)
        rows = class_rows(read_metadata(xml.parent / "metadata.yaml"), ROAD_USERS)
        network = ultralytics_module("nn.tasks").DetectionModel(ARCHITECTURE, verbose=False)
        _replace_classifier(network)
        load_folded_weights(network, read_convolutions(xml), rows, crops)
    network.args = ultralytics_module("cfg").get_cfg()
    for parameter in network.parameters():
        parameter.requires_grad = True
    network.model[-1].dfl.requires_grad_(False)
    return network


def _replace_classifier(network: Any) -> None:
    """Give the head new output channels, one for each of ROAD_USERS."""
    head = network.model[-1]
    for branch in head.cv3:
        branch[-1] = torch.nn.Conv2d(branch[-1].in_channels, len(ROAD_USERS), 1)
    head.nc, head.no = len(ROAD_USERS), len(ROAD_USERS) + 4 * head.reg_max
    network.nc = network.yaml["nc"] = len(ROAD_USERS)
    network.names = {k: road_user.value for k, road_user in enumerate(ROAD_USERS)}


def ultralytics_module(name: str) -> Any:
    """Module of ultralytics by name."""
    return import_module(f"{import_ultralytics().__name__}.{name}")


def to_tensor(batch: Batch) -> torch.Tensor:
    """Images of a batch as a tensor (B, 3, H, W), 0..1."""
    return torch.from_numpy(batch.images).permute(0, 3, 1, 2).float() / 255


def inference_precision(device: torch.device) -> torch.autocast:
    """Context in which networks run in bfloat16, where the device has it."""
    has_bfloat16 = device.type == "cuda" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16)
