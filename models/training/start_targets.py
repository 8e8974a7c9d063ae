"""Targets of kept crops: what the start network detects there takes the place of labels."""

from typing import Any

import torch

FOREGROUND_SCORE = 0.1
"""Score of the start network, 0..1, from which its boxes are targets of the box loss [assumption]."""


class StartTargets:
    """Assignment of targets to the places of the head: labels, and on kept crops the start network's own output.

    Called as ultralytics' `TaskAlignedAssigner`, whose results it returns for the other crops.
    """

    def __init__(self, assigner: Any, start: torch.nn.Module | None) -> None:
        """assigner: for labels. start: network in evaluation mode; None where no crop is kept."""
        self._assigner, self._start = assigner, start
        self._is_kept = torch.zeros(0, dtype=torch.bool)
        self._xyxy = self._scores = torch.zeros(0)

    def prepare(self, images: torch.Tensor, is_kept: torch.Tensor) -> None:
        """Run the start network on the kept crops of a batch. images: (B, 3, H, W), 0..1. is_kept: (B,) bool."""
        self._is_kept = is_kept
        if self._start is None or not is_kept.any():
            return
        with torch.no_grad():
            detected = self._start(images[is_kept])[0].float().permute(0, 2, 1)
        centre, size = detected[..., :2], detected[..., 2:4]
        self._xyxy = torch.cat([centre - size / 2, centre + size / 2], dim=-1)
        self._scores = detected[..., 4:]

    def __call__(self, *arguments: torch.Tensor, **named: torch.Tensor) -> tuple[torch.Tensor, ...]:
        labels, xyxy, scores, is_foreground, index = self._assigner(*arguments, **named)
        if self._start is not None and self._is_kept.any():
            xyxy[self._is_kept] = self._xyxy.to(xyxy.dtype)
            scores[self._is_kept] = self._scores.to(scores.dtype)
            is_foreground[self._is_kept] = self._scores.amax(dim=-1) >= FOREGROUND_SCORE
        return labels, xyxy, scores, is_foreground, index
