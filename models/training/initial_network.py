"""The network that training begins with: a YOLO11n for ROAD_USERS that already sees. Needs the extra `yolo`."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from analytics.road_users import ROAD_USERS
from models.detection.openvino import find_xml
from models.detection.ultralytics import import_ultralytics
from models.training.dataset import Batch, CropSampler, LabelledImage
from models.training.openvino_to_torch import load_folded_weights, read_convolutions, rows_of
from models.weights.model_metadata import checked_metadata, read_metadata

ARCHITECTURE = "yolo11n.yaml"
_CALIBRATION_CROPS = 48


def initial_network(start: Path, pictures: Sequence[LabelledImage], seed: int) -> torch.nn.Module:
    """A YOLO11n for ROAD_USERS that already sees what `start` sees of them.

    start: a .pt of ultralytics, or a YOLO11n exported to OpenVINO; trained on classes that include ours, as COCO's do.
    pictures: what it is going to see.
    Raises UnusableWeights.
    """
    crops = images_of(CropSampler(pictures, _CALIBRATION_CROPS, seed).next())
    if start.suffix == ".pt":
        loaded = import_ultralytics().YOLO(start)
        network: Any = loaded.model.float()
        rows = rows_of(checked_metadata({"names": loaded.names, "task": loaded.task}, start), ROAD_USERS)
        classifiers = [branch[-1] for branch in network.model[-1].cv3]
        _narrow(network)
        for branch, old in zip(network.model[-1].cv3, classifiers, strict=True):
            branch[-1].load_state_dict({key: value[rows] for key, value in old.state_dict().items()})
    else:
        xml = find_xml(start)
        rows = rows_of(read_metadata(xml.parent / "metadata.yaml"), ROAD_USERS)
        network = part_of_ultralytics("nn.tasks").DetectionModel(ARCHITECTURE, verbose=False)
        _narrow(network)
        load_folded_weights(network, read_convolutions(xml), rows, crops)
    network.args = part_of_ultralytics("cfg").get_cfg()
    for parameter in network.parameters():
        parameter.requires_grad = True
    network.model[-1].dfl.requires_grad_(False)
    return network


def _narrow(network: Any) -> None:
    """Gives the head one new output channel for each of ROAD_USERS, in their order."""
    head = network.model[-1]
    for branch in head.cv3:
        branch[-1] = torch.nn.Conv2d(branch[-1].in_channels, len(ROAD_USERS), 1)
    head.nc, head.no = len(ROAD_USERS), len(ROAD_USERS) + 4 * head.reg_max
    network.nc = network.yaml["nc"] = len(ROAD_USERS)
    network.names = {k: road_user.value for k, road_user in enumerate(ROAD_USERS)}


def part_of_ultralytics(name: str) -> Any:
    """A module of ultralytics."""
    return import_module(f"{import_ultralytics().__name__}.{name}")


def images_of(batch: Batch) -> torch.Tensor:
    """(B, 3, H, W), 0..1."""
    return torch.from_numpy(batch.images).permute(0, 3, 1, 2).float() / 255
