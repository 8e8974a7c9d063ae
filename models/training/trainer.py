"""Training of a YOLO network on labelled images, with checkpoints. Needs the extra `yolo`."""

import copy
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from models.detection.ultralytics import import_ultralytics
from models.errors import UnusableWeights
from models.training.augmentation import CameraFaults
from models.training.dataset import WIDTH_RANGE, Batch, CropSampler, LabelledImage
from models.training.ignore_region_loss import IgnoreRegionLoss
from models.training.initial_network import inference_precision, to_tensor

FINAL_RATE_SHARE = 0.02
"""Learning rate at the end of the cosine decay, as a share of its highest value [assumption]."""

AVERAGING_WARMUP_STEPS = 150
"""Time constant, steps, with which averaging reaches its full strength [assumption]."""

MAX_GRADIENT_NORM = 10.0
"""Norm to which gradients are clipped [source: ultralytics]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Hyperparameters of a training.

    steps: with `batch` crops each. learning_rate: highest value, after `warmup_steps`; it then decays by a cosine.
    averaging: share of the averaged weights that stays at each step, less in the beginning. rare_class_power,
    rescaled_share, width_range: see `CropSampler`. class_loss_weight: ultralytics' `cls`. frozen_layers: first layers
    of the network that stay as they are. faults: camera faults of the crops, None for renderings that have their own.
    """

    steps: int
    batch: int = 8
    learning_rate: float = 8e-4
    warmup_steps: int = 100
    weight_decay: float = 5e-4
    averaging: float = 0.995
    rare_class_power: float = 1.0
    rescaled_share: float = 0.5
    width_range: tuple[float, float] = WIDTH_RANGE
    class_loss_weight: float = 1.0
    frozen_layers: int = 0
    faults: CameraFaults | None = None


class Trainer:
    """Training of one network. `average` is its result: the running mean of the weights."""

    def __init__(
        self,
        network: torch.nn.Module,
        images: Sequence[LabelledImage],
        schedule: Schedule,
        seed: int,
        *,
        start: torch.nn.Module | None = None,
    ) -> None:
        """start: network whose detections are kept on the kept images; by default `network` as it is now."""
        self._schedule, self._images, self._seed = schedule, images, seed
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        start = copy.deepcopy(start or network).to(self._device, memory_format=torch.channels_last).eval()
        self._network = network.to(self._device, memory_format=torch.channels_last).train()
        _freeze(self._network, schedule.frozen_layers)
        self.average = copy.deepcopy(self._network).eval()
        self._loss = IgnoreRegionLoss(self._network, schedule.class_loss_weight, start)
        self._optimiser = torch.optim.AdamW(
            _parameter_groups(self._network, schedule.weight_decay), lr=schedule.learning_rate
        )
        self.step = 0
        self._runs: list[dict[str, Any]] = []

    @property
    def steps(self) -> int:
        """Steps of the whole training."""
        return self._schedule.steps

    def run(self, on_step: Callable[[int, float], None] = lambda *_: None, *, until: int | None = None) -> None:
        """Train up to step `until`, by default to the end. on_step: receives the number and the loss of each step."""
        s = self._schedule
        if self.step < s.steps:
            self._runs.append({"from_step": self.step, **asdict(s)})
        torch.manual_seed(self._seed + self.step)
        sampler = CropSampler(
            self._images,
            s.batch,
            self._seed + self.step,
            rare_class_power=s.rare_class_power,
            rescaled_share=s.rescaled_share,
            width_range=s.width_range,
            augment=None if s.faults is None else s.faults.apply,
        )
        while self.step < min(until or s.steps, s.steps):
            for group in self._optimiser.param_groups:
                group["lr"] = self._learning_rate()
            loss = self._learn(sampler.next())
            self.step += 1
            self._update_average()
            on_step(self.step, loss)

    def summary(self) -> dict[str, Any]:
        """Content for a report: every run that led to this step, with its schedule."""
        return {"steps_made": self.step, "runs": self._runs, "device": self._device.type}

    def save(self, path: Path) -> None:
        """Write a checkpoint. Raises OSError, also where the disk is full; the one before stays then."""
        partial = path.with_suffix(".part")
        state = {
            "step": self.step,
            "runs": self._runs,
            "network": self._network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }
        content = io.BytesIO()  # torch reports a full disk as a fault of its own
        torch.save(state, content)
        try:
            partial.write_bytes(content.getbuffer())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def resume(self, path: Path) -> None:
        """Continue from a checkpoint. Raises UnusableWeights for a file that is damaged, as after a power cut."""
        try:
            state = torch.load(path, map_location=self._device, weights_only=True)
            self._network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self._optimiser.load_state_dict(state["optimiser"])
            self.step, self._runs = state["step"], state["runs"]
        except (RuntimeError, ValueError, KeyError, TypeError, EOFError, UnpicklingError) as error:
            raise UnusableWeights(
                f"{path}: the checkpoint is damaged; delete it, and the training begins again"
            ) from error

    def _learning_rate(self) -> float:
        s = self._schedule
        if self.step < s.warmup_steps:
            return s.learning_rate * (self.step + 1) / s.warmup_steps
        progress = (self.step - s.warmup_steps) / max(1, s.steps - s.warmup_steps)
        mean, amplitude = (1 + FINAL_RATE_SHARE) / 2, (1 - FINAL_RATE_SHARE) / 2
        return s.learning_rate * (mean + amplitude * math.cos(math.pi * progress))

    def _learn(self, batch: Batch) -> float:
        images = to_tensor(batch).to(self._device, memory_format=torch.channels_last)
        with inference_precision(self._device):
            raw = self._network(images)
        loss = self._loss(raw, batch, images)
        self._optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), MAX_GRADIENT_NORM)
        self._optimiser.step()
        return float(loss.detach()) / len(batch.images)

    def _update_average(self) -> None:
        keep = self._schedule.averaging * (1 - math.exp(-self.step / AVERAGING_WARMUP_STEPS))
        with torch.no_grad():
            for average, latest in zip(
                self.average.state_dict().values(), self._network.state_dict().values(), strict=True
            ):
                if average.dtype.is_floating_point:
                    average.lerp_(latest, 1 - keep)
                else:
                    average.copy_(latest)


def _freeze(network: Any, layers: int) -> None:
    """Keep the weights and the statistics of the first layers."""
    for layer in network.model[:layers]:
        layer.requires_grad_(False)
        layer.eval()


def _parameter_groups(network: torch.nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Parameters with and without weight decay; biases and normalisations do not decay."""
    trained = [p for p in network.parameters() if p.requires_grad]
    return [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]


def save_weights(network: torch.nn.Module, path: Path) -> None:
    """Write a .pt for ultralytics."""
    plain = copy.deepcopy(network).cpu().to(memory_format=torch.contiguous_format).eval()
    torch.save({"model": plain, "train_args": {}, "version": import_ultralytics().__version__}, path)
