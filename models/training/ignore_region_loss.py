"""Loss of a YOLO network on labelled crops, without the ignore regions."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits

from models.training.dataset import Batch
from models.training.initial_network import ultralytics_module

_STRIDES = (8, 16, 32)
"""Strides of the head, pixels [source: YOLO11]."""


class IgnoreRegionLoss:
    """Detection loss of ultralytics, without class loss in the boxes of unlabelled road users."""

    def __init__(self, network: torch.nn.Module, class_loss_weight: float = 0.5) -> None:
        """class_loss_weight: ultralytics' `cls`."""
        self._criterion = ultralytics_module("utils.loss").v8DetectionLoss(network)
        self._criterion.hyp.cls = class_loss_weight
        self._criterion.bce = self._score_loss
        self._device = self._criterion.device
        self._is_scored: torch.Tensor

    def __call__(self, raw: dict[str, Any], batch: Batch) -> torch.Tensor:
        height, width = batch.images.shape[1:3]
        self._is_scored = torch.from_numpy(_scored_places(batch, (width, height))).to(self._device)
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
        return loss * (self._is_scored[..., None] | (targets > 0))


def _scored_places(batch: Batch, size: tuple[int, int]) -> NDArray[np.bool_]:
    """(B, A) for each place of the head, whether its centre is outside all ignore regions."""
    centres = []
    for stride in _STRIDES:
        x, y = np.meshgrid(np.arange(size[0] // stride), np.arange(size[1] // stride))
        centres.append((np.stack([x.ravel(), y.ravel()], axis=1) + 0.5) * stride)
    places = np.concatenate(centres)[:, None]
    scored = np.ones((len(batch.labels), len(places)), dtype=bool)
    for i, labels in enumerate(batch.labels):
        boxes = labels.xyxy[~labels.is_labelled][None]
        ignored = ((places >= boxes[..., :2]) & (places <= boxes[..., 2:])).all(axis=2)
        scored[i] = ~np.asarray(ignored).any(axis=1)
    return scored
