"""What a YOLO network did wrong on labelled crops."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits

from models.training.dataset import Batch
from models.training.initial_network import part_of_ultralytics

_STRIDES = (8, 16, 32)


class IgnoreRegionLoss:
    """Of ultralytics, except that nothing is held against the network where a road user is that does not count."""

    def __init__(self, network: torch.nn.Module, naming: float = 0.5) -> None:
        """naming: weight of the classes' part."""
        self._criterion = part_of_ultralytics("utils.loss").v8DetectionLoss(network)
        self._criterion.hyp.cls = naming
        self._criterion.bce = self._score_loss
        self._device = self._criterion.device
        self._asked: torch.Tensor

    def __call__(self, raw: dict[str, Any], batch: Batch) -> torch.Tensor:
        height, width = batch.images.shape[1:3]
        self._asked = torch.from_numpy(_asked(batch, (width, height))).to(self._device)
        wanted = [
            (i, labels.xyxy[labels.counts], labels.class_id[labels.counts]) for i, labels in enumerate(batch.labels)
        ]
        xyxy = torch.from_numpy(np.concatenate([boxes for _, boxes, _ in wanted])) / torch.tensor(
            [width, height, width, height]
        )
        targets = {
            "batch_idx": torch.from_numpy(np.concatenate([np.full(len(boxes), i) for i, boxes, _ in wanted])).float(),
            "cls": torch.from_numpy(np.concatenate([ids for _, _, ids in wanted])).float(),
            "bboxes": torch.cat([(xyxy[:, :2] + xyxy[:, 2:]) / 2, xyxy[:, 2:] - xyxy[:, :2]], dim=1),
        }
        exact = {**raw, "boxes": raw["boxes"].float(), "scores": raw["scores"].float()}
        losses, _ = self._criterion(exact, targets)
        return losses.sum()

    def _score_loss(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        loss = binary_cross_entropy_with_logits(scores, targets, reduction="none")
        return loss * (self._asked[..., None] | (targets > 0))


def _asked(batch: Batch, size: tuple[int, int]) -> NDArray[np.bool_]:
    """(B, A) for each place of the head, whether its middle is outside all road users that do not count."""
    middles = []
    for stride in _STRIDES:
        x, y = np.meshgrid(np.arange(size[0] // stride), np.arange(size[1] // stride))
        middles.append((np.stack([x.ravel(), y.ravel()], axis=1) + 0.5) * stride)
    places = np.concatenate(middles)[:, None]
    asked = np.ones((len(batch.labels), len(places)), dtype=bool)
    for i, labels in enumerate(batch.labels):
        boxes = labels.xyxy[~labels.counts][None]
        hidden = ((places >= boxes[..., :2]) & (places <= boxes[..., 2:])).all(axis=2)
        asked[i] = ~np.asarray(hidden).any(axis=1)
    return asked
