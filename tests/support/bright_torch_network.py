"""A tiny torch network for tests, as a .pt for ultralytics: it finds one bright rectangle in a dark image."""

from pathlib import Path

import torch

NAMES = {0: "person", 1: "kite", 2: "car", 3: "motorcycle"}
CAR = 2


class BrightRectangle(torch.nn.Module):
    """Head of YOLO11, (B, 4 + classes, 1): the box around all bright pixels is a car."""

    task = "detect"
    names = NAMES

    def __init__(self):
        super().__init__()
        self.stride = torch.tensor([32.0])
        self.yaml = {"channels": 3}

    def forward(self, images, augment=False, embed=None):
        bright = images.float().mean(dim=1) > 0.6
        left, right = _extent(bright.any(dim=1))
        top, bottom = _extent(bright.any(dim=2))
        scores = torch.full((len(images), len(NAMES)), 0.01, device=images.device)
        scores[:, CAR] = 0.9 * bright.flatten(1).any(dim=1)
        boxes = torch.stack([(left + right) / 2, (top + bottom) / 2, right - left, bottom - top], dim=1)
        return torch.cat([boxes, scores], dim=1)[:, :, None].to(images.dtype)


def _extent(lit):
    """First and past-the-last lit index of each row of (B, N); 0 without any."""
    size = lit.shape[1]
    first = lit.float().argmax(dim=1)
    last = size - lit.flip(1).float().argmax(dim=1)
    return first.float(), torch.where(lit.any(dim=1), last, 0).float()


def save_bright_network(path: Path) -> Path:
    """Write the network as ultralytics saves one; its class is found here where it is loaded."""
    torch.save({"model": BrightRectangle(), "train_args": {}}, path)
    return path
