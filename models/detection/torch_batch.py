"""Batches of images for a torch network, and decoding of its output, on the device that runs it.

Only boxes that may be road users leave the device, in one copy for the whole batch.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from models.detection.detector import RgbImage
from models.detection.letterbox import PADDING_GREY
from models.detection.rider_merge import least_confidences
from models.weights.model_metadata import UNMAPPED_CLASS

Candidates = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]
"""Boxes (N, 4) ``x1, y1, x2, y2`` in pixels, confidence (N,), index into ROAD_USERS (N,)."""


def on_device(image: RgbImage | torch.Tensor, device: torch.device) -> torch.Tensor:
    """Image (H, W, 3) uint8 on the device; copied asynchronously to a GPU, and not at all if it is there."""
    if isinstance(image, torch.Tensor):
        return image.to(device)
    on_cpu = torch.from_numpy(np.ascontiguousarray(image))
    return on_cpu.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else on_cpu


def as_batch(images: Sequence[torch.Tensor], stride: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """(B, 3, H, W), 0..1, on the images' device: each in the top left corner of a common size, the rest grey.

    images: (h, w, 3) uint8, RGB, of any sizes. H and W are the largest of them, padded to multiples of `stride`.
    dtype: of the network; every brightness is exact in float16 too.
    """
    height, width = (-(-max(image.shape[side] for image in images) // stride) * stride for side in (0, 1))
    batch = torch.full((len(images), 3, height, width), PADDING_GREY, dtype=torch.uint8, device=images[0].device)
    for place, image in zip(batch, images, strict=True):
        place[:, : image.shape[0], : image.shape[1]] = image.permute(2, 0, 1)
    return batch.to(dtype) / 255


class BoxDecoder:
    """Decoding of a network's output to the boxes of each image, before non-maximum suppression.

    road_users: (classes,) index into ROAD_USERS or UNMAPPED_CLASS. confidence: as for
    `models.detection.yolo_postprocess.decode_anchor_free`. Tables are copied to the device once: each copy of a table
    per batch makes the thread wait for the device.
    """

    def __init__(self, road_users: NDArray[np.int64], confidence: float, device: torch.device) -> None:
        mapped = np.flatnonzero(road_users != UNMAPPED_CLASS)
        self._classes = len(road_users)
        self._score_rows = torch.from_numpy(4 + mapped).to(device)
        self._mapped_ids = torch.from_numpy(road_users[mapped]).to(device)
        self._ids = torch.from_numpy(road_users).to(device)
        self._least = torch.from_numpy(least_confidences(confidence)).to(device)

    def decode(self, output: torch.Tensor) -> list[Candidates]:
        """Boxes of each image of the batch, in pixels of the network's input.

        output: (B, 4 + classes, N) with rows ``cx, cy, w, h`` and a score for each class (YOLOv8 to YOLO12), or
        (B, N, 6) with ``x1, y1, x2, y2, confidence, class`` (end-to-end heads). Raises ValueError for another output.
        """
        if output.ndim == 3 and output.shape[1] == 4 + self._classes:
            rows = self._anchor_free(output)
        elif output.ndim == 3 and output.shape[2] == 6:
            rows = self._end_to_end(output)
        else:
            raise ValueError(f"expected an output (B, {4 + self._classes}, N) or (B, N, 6), got {tuple(output.shape)}")
        boxes = rows.float().cpu().numpy()
        return [
            (of_image[:, 1:5].copy(), of_image[:, 5].copy(), of_image[:, 6].astype(np.int64))
            for of_image in (boxes[boxes[:, 0] == image] for image in range(len(output)))
        ]

    def _anchor_free(self, output: torch.Tensor) -> torch.Tensor:
        """(K, 7): index of the image, box, confidence, class id."""
        best, which = output[:, self._score_rows].float().max(dim=1)
        class_id = self._mapped_ids[which]
        image, column = (best >= self._least[class_id]).nonzero(as_tuple=True)
        centre, half = output[image, :2, column].float(), output[image, 2:4, column].float() / 2
        return torch.cat(
            [_columns(image), centre - half, centre + half, _columns(best[image, column], class_id[image, column])],
            dim=1,
        )

    def _end_to_end(self, output: torch.Tensor) -> torch.Tensor:
        """(K, 7): index of the image, box, confidence, class id."""
        class_id = self._ids[output[..., 5].long().clamp(0, self._classes - 1)]
        # An unmapped class, -1, reads the last entry of `least`, and is excluded beside it.
        confident = output[..., 4].float() >= self._least[class_id]
        image, row = (confident & (class_id != UNMAPPED_CLASS)).nonzero(as_tuple=True)
        rows = output[image, row]
        return torch.cat([_columns(image), rows[:, :5].float(), _columns(class_id[image, row])], dim=1)


def _columns(*values: torch.Tensor) -> torch.Tensor:
    return torch.stack([value.float() for value in values], dim=1)
