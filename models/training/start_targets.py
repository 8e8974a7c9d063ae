"""Targets of kept crops: what the start network detects there takes the place of labels."""

from typing import Any

import torch

from models.training.initial_network import inference_precision, ultralytics_module

FOREGROUND_SCORE = 0.1
"""Score of the start network, 0..1, from which its boxes are targets of the box loss [assumption]."""


class StartTargets:
    """Assignment of targets to the places of the head: labels, and on kept crops the start network's own output.

    Called as ultralytics' `TaskAlignedAssigner`, whose results it returns for the other crops.
    """

    def __init__(self, criterion: Any, start: torch.nn.Module | None) -> None:
        """criterion: ultralytics' `v8DetectionLoss`. start: network in evaluation mode; None where no crop is kept."""
        self._criterion, self._assigner, self._start = criterion, criterion.assigner, start
        self._is_kept = torch.zeros(0, dtype=torch.bool)
        self._xyxy = self._scores = torch.zeros(0)

    def prepare(self, images: torch.Tensor, is_kept: torch.Tensor) -> None:
        """Run the start network on the kept crops of a batch. images: (B, 3, H, W), 0..1. is_kept: (B,) bool."""
        self._is_kept = is_kept
        if self._start is None or not is_kept.any():
            return
        with torch.no_grad(), inference_precision(images.device):
            raw = self._start(images[is_kept])[1]
        points, strides = ultralytics_module("utils.tal").make_anchors(raw["feats"], self._criterion.stride, 0.5)
        distances = raw["boxes"].permute(0, 2, 1).float()
        self._xyxy = self._criterion.bbox_decode(points.float(), distances) * strides.float()
        self._scores = raw["scores"].permute(0, 2, 1).float().sigmoid()

    def __call__(self, *arguments: torch.Tensor, **named: torch.Tensor) -> tuple[torch.Tensor, ...]:
        labels, xyxy, scores, is_foreground, index = self._assigner(*arguments, **named)
        if self._start is not None and self._is_kept.any():
            xyxy[self._is_kept] = self._xyxy.to(xyxy.dtype)
            scores[self._is_kept] = self._scores.to(scores.dtype)
            is_foreground[self._is_kept] = self._scores.amax(dim=-1) >= FOREGROUND_SCORE
        return labels, xyxy, scores, is_foreground, index
