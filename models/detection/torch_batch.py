"""A batch of pictures for a torch network, and what the network says of each: all on the device that runs it.

Only what may be a road user leaves the device, in one copy for the whole batch.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from models.detection.detector import RgbImage
from models.detection.letterbox import PADDING_GREY
from models.weights.model_metadata import UNMAPPED_CLASS

Candidates = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]
"""Boxes (N, 4) ``x1, y1, x2, y2`` in pixels, confidence (N,), index into ROAD_USERS (N,)."""


def on_device(picture: RgbImage | torch.Tensor, device: torch.device) -> torch.Tensor:
    """(H, W, 3) uint8. Copied to a GPU without waiting for it; what lies there already stays where it is."""
    if isinstance(picture, torch.Tensor):
        return picture.to(device)
    held = torch.from_numpy(np.ascontiguousarray(picture))
    return held.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else held


def as_batch(pictures: Sequence[torch.Tensor], stride: int) -> torch.Tensor:
    """(B, 3, H, W) float32, 0..1, on the pictures' device: each in the top left corner of a common size, the rest grey.

    pictures: (h, w, 3) uint8, RGB, of any sizes. H and W are the largest of them, made multiples of `stride`.
    """
    height, width = (-(-max(picture.shape[side] for picture in pictures) // stride) * stride for side in (0, 1))
    batch = torch.full((len(pictures), 3, height, width), PADDING_GREY, dtype=torch.uint8, device=pictures[0].device)
    for place, picture in zip(batch, pictures, strict=True):
        place[:, : picture.shape[0], : picture.shape[1]] = picture.permute(2, 0, 1)
    return batch.float() / 255


def candidates(output: torch.Tensor, road_users: NDArray[np.int64], confidence: float) -> list[Candidates]:
    """For each picture of the batch, duplicates included.

    output: (B, 4 + classes, N) with rows ``cx, cy, w, h`` and a score for each class (YOLOv8 to YOLO12), or (B, N, 6)
    with ``x1, y1, x2, y2, confidence, class`` (end-to-end heads); pixels of the network's input.
    road_users: (classes,) index into ROAD_USERS or IGNORED. Raises ValueError for another output.
    """
    if output.ndim == 3 and output.shape[1] == 4 + len(road_users):
        rows = _of_dense_head(output, road_users, confidence)
    elif output.ndim == 3 and output.shape[2] == 6:
        rows = _of_end_to_end_head(output, road_users, confidence)
    else:
        raise ValueError(f"expected an output (B, {4 + len(road_users)}, N) or (B, N, 6), got {tuple(output.shape)}")
    found = rows.float().cpu().numpy()
    return [
        (mine[:, 1:5].copy(), mine[:, 5].copy(), mine[:, 6].astype(np.int64))
        for mine in (found[found[:, 0] == picture] for picture in range(len(output)))
    ]


def _of_dense_head(output: torch.Tensor, road_users: NDArray[np.int64], confidence: float) -> torch.Tensor:
    """(K, 7): picture, box, confidence, road user."""
    ours = np.flatnonzero(road_users != UNMAPPED_CLASS)
    best, which = output[:, 4 + torch.as_tensor(ours, device=output.device)].float().max(dim=1)
    picture, column = (best >= confidence).nonzero(as_tuple=True)
    centre, half = output[picture, :2, column].float(), output[picture, 2:4, column].float() / 2
    kinds = torch.as_tensor(road_users[ours], device=output.device)[which[picture, column]]
    return torch.cat([_columns(picture), centre - half, centre + half, _columns(best[picture, column], kinds)], dim=1)


def _of_end_to_end_head(output: torch.Tensor, road_users: NDArray[np.int64], confidence: float) -> torch.Tensor:
    kinds = torch.as_tensor(road_users, device=output.device)[output[..., 5].long().clamp(0, len(road_users) - 1)]
    picture, row = ((output[..., 4] >= confidence) & (kinds != UNMAPPED_CLASS)).nonzero(as_tuple=True)
    rows = output[picture, row]
    return torch.cat([_columns(picture), rows[:, :5].float(), _columns(kinds[picture, row])], dim=1)


def _columns(*values: torch.Tensor) -> torch.Tensor:
    return torch.stack([value.float() for value in values], dim=1)
