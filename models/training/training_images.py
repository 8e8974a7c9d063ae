"""Images for a training from picture sets and from recordings that the start network labels itself."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from analytics.detections import Detections
from analytics.geometry.boxes import shares_inside
from analytics.road_users import ROAD_USERS
from models.detection.detector import RgbImage
from models.pictures.picture_set import LabelledPicture
from models.training.dataset import LabelledImage, Labels

BALANCE_POWER = 0.4
"""Power of the number of pictures of a camera and light to which its share of the training grows [assumption].

1 samples every picture equally often, 0 every camera.
"""

CONFIDENT, DOUBTFUL = 0.5, 0.1
"""Confidence, 0..1, from which the start network's own boxes are labels, and ignore regions [assumption]."""

TOUCHING_SHARE = 0.25
"""Share of a box's area inside a label from which it shows the same road user [assumption]."""

Detect = Callable[[RgbImage], Detections]
"""Detection of road users by the start network, from the confidence DOUBTFUL on, riders merged."""


def read_training_images(pictures: Iterable[LabelledPicture], detect: Detect) -> list[LabelledImage]:
    """Images of labelled pictures, all of weight 1.

    detect: labels the classes that a picture does not label. Raises UnusablePictures.
    """
    images = []
    for picture in pictures:
        image = picture.read_image()
        labels = with_own_labels(_labels_of(picture, image), detect(image))
        images.append(LabelledImage(image, labels, is_day=picture.light == "day"))
    return images


def balanced(
    pictures: Sequence[LabelledPicture], images: Sequence[LabelledImage], set_weights: Sequence[float]
) -> list[LabelledImage]:
    """Images with weights, 1 in the mean, by which no camera outweighs the others.

    images: of the pictures. set_weights: factor of each picture's set.
    """
    number = Counter((picture.camera_group, picture.light) for picture in pictures)
    weights = [
        set_weight * number[picture.camera_group, picture.light] ** (BALANCE_POWER - 1)
        for picture, set_weight in zip(pictures, set_weights, strict=True)
    ]
    factor = 1.0 / np.mean(weights)
    return [replace(image, weight=float(w * factor)) for image, w in zip(images, weights, strict=True)]


def self_labelled_images(frames: Iterable[RgbImage], detect: Detect) -> list[LabelledImage]:
    """Frames on which the network shall detect what the start network detects, all of weight 1."""
    nothing = Labels(
        np.empty((0, 4), np.float32), np.empty(0, np.int64), np.empty(0, np.bool_), np.zeros(len(ROAD_USERS), np.bool_)
    )
    images = []
    for frame in frames:
        labels = with_own_labels(nothing, detect(frame))
        known = replace(labels, labelled_classes=np.ones(len(ROAD_USERS), np.bool_))
        images.append(LabelledImage(frame, known, is_kept=True))
    return images


def with_own_labels(labels: Labels, own: Detections) -> Labels:
    """Labels and the start network's boxes of the classes that are not labelled, where they touch no label.

    Boxes that it is not confident of become ignore regions.
    """
    wanted = ~labels.labelled_classes[own.class_id] & (own.confidence >= DOUBTFUL)
    labelled = labels.xyxy[labels.is_labelled].astype(np.float64)
    free = shares_inside(own.xyxy.astype(np.float64), labelled) <= TOUCHING_SHARE
    kept = wanted & free
    return replace(
        labels,
        xyxy=np.concatenate([labels.xyxy, own.xyxy[kept]]),
        class_id=np.concatenate([labels.class_id, own.class_id[kept]]),
        is_labelled=np.concatenate([labels.is_labelled, own.confidence[kept] >= CONFIDENT]),
    )


def _labels_of(picture: LabelledPicture, image: RgbImage) -> Labels:
    """Labels of a picture; its ignored areas are boxes that are not labelled."""
    read = picture.read_labels((image.shape[1], image.shape[0]))
    return Labels(
        np.concatenate([read.xyxy, read.ignored]),
        np.concatenate([read.class_id, np.zeros(len(read.ignored), dtype=np.int64)]),
        np.arange(len(read.xyxy) + len(read.ignored)) < len(read.xyxy),
        read.labelled_classes,
    )
