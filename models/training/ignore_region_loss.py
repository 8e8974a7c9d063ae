"""Loss of a YOLO network on labelled crops, without the ignore regions."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits

from analytics.road_users import ROAD_USERS, TWO_WHEELERS, VULNERABLE_ROAD_USERS
from models.training.dataset import Batch
from models.training.initial_network import ultralytics_module
from models.training.start_targets import StartTargets

_STRIDES = (8, 16, 32)
"""Strides of the head, pixels [source: YOLO11]."""

_IS_VULNERABLE = np.array([road_user in VULNERABLE_ROAD_USERS for road_user in ROAD_USERS])
"""Mask of two-wheelers and persons by class id."""

_TWO_WHEELER_IDS = [k for k, road_user in enumerate(ROAD_USERS) if road_user in TWO_WHEELERS]
"""Class ids of two-wheelers."""


class IgnoreRegionLoss:
    """Detection loss of ultralytics, without class loss in the boxes of unlabelled road users.

    On kept crops it is the difference from the start network's detections.
    """

    def __init__(
        self, network: torch.nn.Module, class_loss_weight: float = 0.5, start: torch.nn.Module | None = None
    ) -> None:
        """class_loss_weight: ultralytics' `cls`. start: start network in evaluation mode, for kept crops."""
        self._criterion = ultralytics_module("utils.loss").v8DetectionLoss(network)
        self._criterion.hyp.cls = class_loss_weight
        self._criterion.bce = self._score_loss
        self._targets = self._criterion.assigner = StartTargets(self._criterion, start)
        self._device = self._criterion.device
        self._is_scored: torch.Tensor

    def __call__(self, raw: dict[str, Any], batch: Batch, images: torch.Tensor) -> torch.Tensor:
        """Loss of a batch. raw: output of the network in training mode. images: (B, 3, H, W) of the batch, 0..1."""
        height, width = batch.images.shape[1:3]
        self._is_scored = torch.from_numpy(_scored_places(batch, (width, height))).to(self._device)
        self._targets.prepare(images, torch.from_numpy(batch.is_kept).to(self._device))
        labelled = [
            (i, labels.xyxy[labels.is_labelled], labels.class_id[labels.is_labelled])
            for i, labels in enumerate(batch.labels)
        ]
        xyxy = torch.from_numpy(np.concatenate([boxes for _, boxes, _ in labelled])) / torch.tensor(
            [width, height, width, height]
        )
        targets = {
            "batch_idx": torch.from_numpy(np.concatenate([np.full(len(boxes), i) for i, boxes, _ in labelled])).float(),
            "cls": torch.from_numpy(np.concatenate([ids for _, _, ids in labelled])).float(),
            "bboxes": torch.cat([(xyxy[:, :2] + xyxy[:, 2:]) / 2, xyxy[:, 2:] - xyxy[:, :2]], dim=1),
        }
        exact = {**raw, "boxes": raw["boxes"].float(), "scores": raw["scores"].float()}
        losses, _ = self._criterion(exact, targets)
        return losses.sum()

    def _score_loss(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        loss = binary_cross_entropy_with_logits(scores, targets, reduction="none")
        has_label = (targets > 0).any(dim=-1, keepdim=True)
        return loss * (self._is_scored | has_label)


def _scored_places(batch: Batch, size: tuple[int, int]) -> NDArray[np.bool_]:
    """(B, A, classes) for each place of the head, whether an unlabelled detection of the class there is wrong.

    Not in ignore regions, nor for classes that are not labelled; but a labelled two-wheeler is no other two-wheeler,
    and its rider is no person.
    """
    centres = []
    for stride in _STRIDES:
        x, y = np.meshgrid(np.arange(size[0] // stride), np.arange(size[1] // stride))
        centres.append((np.stack([x.ravel(), y.ravel()], axis=1) + 0.5) * stride)
    places = np.concatenate(centres)
    scored = np.empty((len(batch.labels), len(places), len(ROAD_USERS)), dtype=bool)
    for i, labels in enumerate(batch.labels):
        scored[i] = labels.labelled_classes
        ridden = labels.is_labelled & np.isin(labels.class_id, _TWO_WHEELER_IDS)
        scored[i] |= _inside_any(places, labels.xyxy[ridden])[:, None] & _IS_VULNERABLE
        scored[i, _inside_any(places, labels.xyxy[~labels.is_labelled])] = batch.is_kept[i]
    return scored


def _inside_any(places: NDArray[np.float64], boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(A,) whether each place (u, v) lies in one of the boxes (N, 4)."""
    inside = (places[:, None] >= boxes[None, :, :2]) & (places[:, None] <= boxes[None, :, 2:])
    return np.asarray(np.any(np.all(inside, axis=2), axis=1))
