"""Making the detector of this city: rendered pictures, training, INT8 export, and an examination on other seeds."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from models.detection.cpu import available_cores
from models.weights.bundled import DEMO_CITY_STEPS
from simulator.render.meshes import shapes_digest
from simulator.training.dataset import (
    RenderedSegment,
    examination_segments,
    render_all,
    segments_json,
    training_segments,
)

if TYPE_CHECKING:
    from models.training.trainer import Trainer

log = structlog.get_logger()

CHECKPOINT_EVERY = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlan:
    """rounds, frames: stretches of each point under each light, and pictures of each; see `training_data`."""

    seed: int = 2026
    rounds: int = 4
    frames: int = 28
    examined_frames: int = 12
    steps: int = DEMO_CITY_STEPS

    @property
    def training(self) -> list[RenderedSegment]:
        return training_segments(self.seed, rounds=self.rounds, frames=self.frames)

    @property
    def examination(self) -> list[RenderedSegment]:
        return examination_segments(self.seed, frames=self.examined_frames)


Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


def train(plan: TrainingPlan, start: Path, work: Path, progress: Progress, *, threads: int) -> "Trainer":
    """Pictures and checkpoints are kept in `work`: what was interrupted goes on from there. Raises UnusableWeights."""
    import torch  # noqa: PLC0415 - takes seconds to load

    from models.training.dataset import read_labelled_frames  # noqa: PLC0415
    from models.training.initial_network import initial_network  # noqa: PLC0415
    from models.training.trainer import Schedule, Trainer  # noqa: PLC0415

    torch.set_num_threads(threads)
    frames = read_labelled_frames(rendered("training", plan.training, work, progress))
    training = Trainer(initial_network(start, frames, plan.seed), frames, Schedule(steps=plan.steps), plan.seed)
    checkpoint = work / f"checkpoint-{fingerprint(plan.training)}.pt"
    if checkpoint.is_file():
        training.resume(checkpoint)
        log.info("goes on from a checkpoint", step=training.step)

    def tell(step: int, loss: float) -> None:
        progress("training", step, plan.steps)
        if step % CHECKPOINT_EVERY == 0 or step == plan.steps:
            training.save(checkpoint)
            log.info("checkpoint", step=step, loss=round(loss, 3))

    training.run(tell)
    return training


def rendered(what: str, segments: Sequence[RenderedSegment], work: Path, progress: Progress) -> Path:
    """The folder that holds these stretches and no others."""
    folder = work / f"{what}-{fingerprint(segments)}"
    total = len(segments)
    render_all(segments, folder, jobs=available_cores(), progress=lambda n: progress(f"rendering for {what}", n, total))
    return folder


def fingerprint(segments: Sequence[RenderedSegment]) -> str:
    """Of what is rendered and in which shapes: pictures of road users drawn otherwise are not taken for them."""
    return hashlib.sha256(json.dumps([segments_json(segments), shapes_digest()]).encode()).hexdigest()[:12]
