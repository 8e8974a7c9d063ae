"""Training of the detector of the simulated city on rendered frames."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.detection.cpu import available_cores
from models.training.checkpoints import fingerprint, train_with_checkpoints
from simulator.render.meshes import shapes_digest
from simulator.training.dataset import (
    RenderedSegment,
    examination_segments,
    render_all,
    segments_json,
    training_segments,
)
from simulator.weights import DEMO_CITY_STEPS

if TYPE_CHECKING:
    from models.training.trainer import Trainer


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlan:
    """Parameters of a training.

    rounds, frames: segments of each site under each light, and frames per segment (`dataset.training_segments`).
    examined_frames: frames per segment of the examination set. steps: training steps.
    """

    seed: int = 2026
    rounds: int = 4
    frames: int = 28
    examined_frames: int = 12
    steps: int = DEMO_CITY_STEPS

    @property
    def training(self) -> list[RenderedSegment]:
        """Segments of the training set."""
        return training_segments(self.seed, rounds=self.rounds, frames=self.frames)

    @property
    def examination(self) -> list[RenderedSegment]:
        """Segments of the examination set."""
        return examination_segments(self.seed, frames=self.examined_frames)


Progress = Callable[[str, int, int], None]
"""Callback that receives the name of the current stage, the amount done and the total."""


def train(plan: TrainingPlan, start: Path, work: Path, progress: Progress, *, threads: int) -> "Trainer":
    """Train a detector from the weights `start`. Raises UnusableWeights.

    Frames and checkpoints are stored in `work`; an interrupted training continues from the last checkpoint.
    """
    import torch  # noqa: PLC0415 - takes seconds to load

    from models.training.dataset import read_labelled_frames  # noqa: PLC0415
    from models.training.initial_network import initial_network  # noqa: PLC0415
    from models.training.trainer import Schedule, Trainer  # noqa: PLC0415

    torch.set_num_threads(threads)
    frames = read_labelled_frames(render_segments("training", plan.training, work, progress))
    training = Trainer(initial_network(start, frames, plan.seed), frames, Schedule(steps=plan.steps), plan.seed)
    checkpoint = work / f"checkpoint-{segments_fingerprint(plan.training)}.pt"
    train_with_checkpoints(training, checkpoint, lambda step: progress("training", step, plan.steps))
    return training


def render_segments(what: str, segments: Sequence[RenderedSegment], work: Path, progress: Progress) -> Path:
    """Render the segments; return the folder that contains them and no others."""
    folder = work / f"{what}-{segments_fingerprint(segments)}"
    total = len(segments)
    render_all(segments, folder, jobs=available_cores(), progress=lambda n: progress(f"rendering for {what}", n, total))
    return folder


def segments_fingerprint(segments: Sequence[RenderedSegment]) -> str:
    """Fingerprint of the segments and of all meshes, so that frames of other shapes are not used in their place."""
    return fingerprint([segments_json(segments), shapes_digest()])
