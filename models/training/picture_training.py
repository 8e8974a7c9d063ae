"""Training of a network on labelled pictures, beside recordings that the start network labels itself."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from itertools import cycle, islice, zip_longest
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from analytics.detections import Detections
from analytics.road_users import RoadUser
from models.detection.detector import RgbImage
from models.detection.loader import load_detector
from models.export.yolo_dataset import resize_to_width
from models.pictures.picture_set import LabelledPicture
from models.training.augmentation import CameraFaults
from models.training.checkpoints import fingerprint, train_with_checkpoints
from models.training.dataset import LabelledImage
from models.training.initial_network import initial_network
from models.training.recorded_frames import read_frames
from models.training.trained_weights import weights_file
from models.training.trainer import Schedule, Trainer
from models.training.training_data import TrainingData
from models.training.training_images import DOUBTFUL, balanced, read_training_images, self_labelled_images

KEPT_WEIGHT = 0.35
"""Weight of all frames of the recordings together, relative to that of all pictures [assumption]."""

WIDTH_RANGE = (450.0, 1450.0)
"""Widths to which images are scaled before they are cropped: inputs of far and near cameras, pixels [assumption]."""

RARE_CLASS_POWER = 0.5
"""Preference for rare classes, see `CropSampler` [assumption]."""

AVERAGING = 0.999
"""Share of the averaged weights that stays at each step: a mean over about 1,000 steps [assumption].

Means of checkpoints were better than the last alone: ADR 0121.
"""

CALIBRATION_WIDTHS = (480, 640, 800, 960, 1280)
"""Widths, in turn, of the images on which INT8 is calibrated, pixels [assumption]."""

Progress = Callable[[str, int, int], None]
"""Callback that receives the name of the current stage, the amount done and the total."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlan:
    """Parameters of a training.

    steps: on the pictures that are not held back; then finish_steps on all. rate, finish_rate: highest learning rates.
    frozen_layers: first layers that stay as they are. threads: of torch. score_shifts: see `with_shifted_scores`.
    """

    steps: int
    rate: float
    batch: int = 8
    frozen_layers: int = 0
    finish_steps: int = 0
    finish_rate: float = 0.0
    seed: int = 2026
    threads: int = 1
    score_shifts: Mapping[RoadUser, float] = field(default_factory=dict)

    def schedule(self, *, finish: bool = False) -> Schedule:
        """Hyperparameters of the training, or of its last stage."""
        return Schedule(
            steps=self.finish_steps if finish else self.steps,
            learning_rate=self.finish_rate if finish else self.rate,
            batch=self.batch,
            rare_class_power=RARE_CLASS_POWER,
            rescaled_share=1.0,
            width_range=WIDTH_RANGE,
            frozen_layers=self.frozen_layers,
            averaging=AVERAGING,
            faults=CameraFaults(),
        )


def fingerprint_of(data: TrainingData, plan: TrainingPlan, start: Path) -> str:
    """Fingerprint of all that decides the course of a training: pictures, recordings, start weights and schedule."""
    settings = [
        [asdict(plan.schedule(finish=is_last)) for is_last in (False, True)],
        [plan.seed, KEPT_WEIGHT, dict(data.set_weights), data.is_held_back.tolist()],
        [[p.set_folder.name, p.file, p.camera_group, p.light, p.labelled_classes] for p in data.pictures],
    ]
    files = [path for picture in data.pictures for path in picture.files()]
    return fingerprint(settings, [weights_file(start), *files, *data.recordings])


@dataclass(frozen=True, slots=True)
class TrainingImages:
    """Images of a training that begins with the weights `start`.

    of_pictures: of all pictures, held back or not. kept: frames of the recordings.
    """

    data: TrainingData
    start: Path
    of_pictures: list[LabelledImage]
    kept: list[LabelledImage]

    def chosen(self, mask: NDArray[np.bool_]) -> list[LabelledImage]:
        """Weighted images of the pictures in the mask, and the kept frames with `KEPT_WEIGHT`."""
        indices = np.flatnonzero(mask).tolist()
        pictures = [self.data.pictures[k] for k in indices]
        images = [self.of_pictures[k] for k in indices]
        weighted = balanced(pictures, images, [self.data.weight_of(picture) for picture in pictures])
        weight = KEPT_WEIGHT * len(images) / max(1, len(self.kept))
        return weighted + [replace(image, weight=weight) for image in self.kept]


def read_images(data: TrainingData, start: Path, progress: Progress) -> TrainingImages:
    """Read pictures and recordings; `start` labels what the pictures leave out, and all frames of the recordings.

    Raises UnusablePictures, UnusableWeights.
    """
    with closing(load_detector(str(start), device="cpu", confidence=DOUBTFUL)) as detector:

        def detect(image: RgbImage) -> Detections:
            return detector.submit(image).result()

        of_pictures = []
        for done, picture in enumerate(data.pictures, start=1):
            of_pictures += read_training_images([picture], detect)
            progress("reading pictures", done, len(data.pictures))
        kept = []
        for done, recording in enumerate(data.recordings, start=1):
            kept += self_labelled_images(read_frames(recording), detect)
            progress("reading recordings", done, len(data.recordings))
    return TrainingImages(data, start, of_pictures, kept)


def train(images: TrainingImages, plan: TrainingPlan, checkpoint: Path, progress: Progress) -> Trainer:
    """Train from the start weights on the pictures that are not held back. Raises UnusableWeights.

    checkpoint: file of the checkpoints; an interrupted training continues from it.
    """
    torch.set_num_threads(plan.threads)
    chosen = images.chosen(~images.data.is_held_back)
    training = Trainer(initial_network(images.start, chosen, plan.seed), chosen, plan.schedule(), plan.seed)
    train_with_checkpoints(training, checkpoint, lambda step: progress("training", step, plan.steps))
    return training


def finish(
    images: TrainingImages, plan: TrainingPlan, trained: Trainer, checkpoint: Path, progress: Progress
) -> Trainer:
    """Train on all pictures, from the average of a training. checkpoint: as in `train`."""
    chosen = images.chosen(np.ones(len(images.of_pictures), dtype=np.bool_))
    network = copy.deepcopy(trained.average)
    kept = initial_network(images.start, chosen, plan.seed)
    training = Trainer(network, chosen, plan.schedule(finish=True), plan.seed, start=kept)
    train_with_checkpoints(training, checkpoint, lambda step: progress("training on all", step, plan.finish_steps))
    return training


def calibration_images(pictures: Sequence[LabelledPicture], most: int, seed: int) -> Iterator[RgbImage]:
    """Up to `most` images, each camera and light in turn, scaled to `CALIBRATION_WIDTHS` in turn."""
    of_view: dict[tuple[str, str], list[LabelledPicture]] = {}
    for k in np.random.default_rng(seed).permutation(len(pictures)).tolist():
        of_view.setdefault((pictures[k].camera_group, pictures[k].light), []).append(pictures[k])
    in_turn = (picture for row in zip_longest(*of_view.values()) for picture in row if picture is not None)
    for picture, width in zip(islice(in_turn, most), cycle(CALIBRATION_WIDTHS), strict=False):
        yield resize_to_width(picture.read_image(), width)
