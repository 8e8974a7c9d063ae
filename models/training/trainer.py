"""Training a YOLO network on labelled pictures, with checkpoints. Needs the extra `yolo`."""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from models.detection.ultralytics import import_ultralytics
from models.training.dataset import Batch, CropSampler, LabelledImage
from models.training.ignore_region_loss import IgnoreRegionLoss
from models.training.initial_network import images_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """steps: of `batch` crops. rate: of learning, at its highest; it rises for `warm_up` steps and then falls to 2 %.

    averaging: how much of the averaged weights stays at each step; less in the beginning.
    rarity, scaled: see `CropSampler`.
    naming: how much it costs to take one class for another, or for nothing; ultralytics' `cls`.
    """

    steps: int
    batch: int = 8
    rate: float = 8e-4
    warm_up: int = 100
    weight_decay: float = 5e-4
    averaging: float = 0.995
    rarity: float = 1.0
    scaled: float = 0.5
    naming: float = 1.0


class Trainer:
    """Of one network. `average` is the one to keep: the mean of the last steps' weights."""

    def __init__(
        self, network: torch.nn.Module, pictures: Sequence[LabelledImage], schedule: Schedule, seed: int
    ) -> None:
        self._schedule, self._pictures, self._seed = schedule, pictures, seed
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._network = network.to(self._device, memory_format=torch.channels_last).train()
        self.average = copy.deepcopy(self._network).eval()
        self._loss = IgnoreRegionLoss(self._network, schedule.naming)
        self._optimiser = torch.optim.AdamW(_groups(self._network, schedule.weight_decay), lr=schedule.rate)
        self.step = 0
        self._runs: list[dict[str, Any]] = []

    def run(self, tell: Callable[[int, float], None] = lambda *_: None, *, until: int | None = None) -> None:
        """tell: after each step, its number and the loss. until: the step to stop before; else all are made."""
        if self.step < self._schedule.steps:
            self._runs.append({"from_step": self.step, **asdict(self._schedule)})
        torch.manual_seed(self._seed + self.step)
        s = self._schedule
        crops = CropSampler(self._pictures, s.batch, self._seed + self.step, rarity=s.rarity, scaled=s.scaled)
        while self.step < min(until or self._schedule.steps, self._schedule.steps):
            for group in self._optimiser.param_groups:
                group["lr"] = self._rate()
            loss = self._learn(crops.next())
            self.step += 1
            self._take_into_average()
            tell(self.step, loss)

    def told(self) -> dict[str, Any]:
        """For a report: every run that led here, from its first step on, under its schedule."""
        return {"steps_made": self.step, "runs": self._runs, "device": self._device.type}

    def save(self, path: Path) -> None:
        """All that is needed to go on later."""
        half_written = path.with_suffix(".part")
        state = {
            "step": self.step,
            "runs": self._runs,
            "network": self._network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }
        torch.save(state, half_written)
        half_written.replace(path)

    def resume(self, path: Path) -> None:
        state = torch.load(path, map_location=self._device, weights_only=True)
        self._network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.step, self._runs = state["step"], state["runs"]

    def _rate(self) -> float:
        s = self._schedule
        if self.step < s.warm_up:
            return s.rate * (self.step + 1) / s.warm_up
        return s.rate * (0.51 + 0.49 * math.cos(math.pi * (self.step - s.warm_up) / max(1, s.steps - s.warm_up)))

    def _learn(self, batch: Batch) -> float:
        images = images_of(batch).to(self._device, memory_format=torch.channels_last)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=_has_bfloat16(self._device)):
            raw = self._network(images)
        loss = self._loss(raw, batch)
        self._optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), 10.0)
        self._optimiser.step()
        return float(loss.detach()) / len(batch.images)

    def _take_into_average(self) -> None:
        keep = self._schedule.averaging * (1 - math.exp(-self.step / 150))
        with torch.no_grad():
            for ours, theirs in zip(
                self.average.state_dict().values(), self._network.state_dict().values(), strict=True
            ):
                if ours.dtype.is_floating_point:
                    ours.lerp_(theirs, 1 - keep)
                else:
                    ours.copy_(theirs)


def _groups(network: torch.nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Biases and normalisations do not decay."""
    learns = [p for p in network.parameters() if p.requires_grad]
    return [
        {"params": [p for p in learns if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in learns if p.ndim <= 1], "weight_decay": 0.0},
    ]


def _has_bfloat16(device: torch.device) -> bool:
    return device.type == "cuda" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def save_weights(network: torch.nn.Module, path: Path) -> None:
    """A .pt as ultralytics reads it."""
    plain = copy.deepcopy(network).cpu().to(memory_format=torch.contiguous_format).eval()
    torch.save({"model": plain, "train_args": {}, "version": import_ultralytics().__version__}, path)
