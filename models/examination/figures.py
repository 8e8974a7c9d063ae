"""Figures of an examination: counts of boxes and average precision, by class and by attribute of the pictures."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS
from models.examination.average_precision import JudgedDetections, average_precision
from models.examination.matching import PictureMatch
from models.pictures.picture_set import LabelledPicture, PictureLabels

TALL_PX = 32.0
"""Height above which a box is tall, in pixels of a picture whose longer side is `TALL_AT_PX` [source: issue 13]."""

TALL_AT_PX = 1280
"""Longer side of the pictures in which `TALL_PX` counts, pixels [source: issue 13]."""

COUNTS = ("boxes", "found", "right", "unmatched", "tall_boxes", "tall_found", "tall_right")
"""Counts of each class: labels, those found, those found with their class, false detections, the same of tall labels.
"""


@dataclass(frozen=True, slots=True)
class ExaminedPicture:
    """A picture with what the detector found.

    size: (width, height) of the examined picture, to which all boxes refer. found: at the working confidence.
    judged: at any confidence, for the average precision.
    """

    picture: LabelledPicture
    size: tuple[int, int]
    labels: PictureLabels
    found: Detections
    match: PictureMatch
    judged: JudgedDetections

    def counts(self) -> NDArray[np.int64]:
        """(classes, COUNTS) numbers of boxes. A label counts under its class, a false detection under its own."""
        labels, match = self.labels, self.match
        height = (labels.xyxy[:, 3] - labels.xyxy[:, 1]) * (TALL_AT_PX / max(self.size))
        tall = height > TALL_PX
        every = np.ones(len(height), dtype=np.bool_)
        columns = [
            labels.class_id[every],
            labels.class_id[match.is_found],
            labels.class_id[match.is_right],
            self.found.class_id[match.is_false],
            labels.class_id[tall],
            labels.class_id[tall & match.is_found],
            labels.class_id[tall & match.is_right],
        ]
        return np.stack([np.bincount(column, minlength=len(ROAD_USERS)) for column in columns], axis=1)


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one class, or of all classes together.

    boxes: labels. found: those with a detection of any class. right: those with one of their class. unmatched: false
    detections. tall_*: the same for labels higher than `TALL_PX`. ap50: average precision, of all classes the mean over
    those with labels; None without labels. pictures: number of them.
    """

    pictures: int
    boxes: int
    found: int
    right: int
    unmatched: int
    tall_boxes: int
    tall_found: int
    tall_right: int
    ap50: float | None

    def as_json(self) -> dict[str, Any]:
        """All figures, with the shares of the boxes; null where there is no box."""
        return {
            "pictures": self.pictures,
            **{name: getattr(self, name) for name in COUNTS},
            "found_share": share(self.found, self.boxes),
            "right_share": share(self.right, self.boxes),
            "tall_right_share": share(self.tall_right, self.tall_boxes),
            "unmatched_per_match": share(self.unmatched, self.found),
            "ap50": None if self.ap50 is None else round(self.ap50, 4),
        }


ATTRIBUTES: Mapping[str, Callable[[LabelledPicture], str]] = {
    "set": lambda picture: picture.set_folder.name,
    "light": lambda picture: picture.light,
    "rain": lambda picture: picture.rain,
    "country": lambda picture: picture.country,
    "camera_group": lambda picture: picture.camera_group,
}
"""Attributes of a picture by which figures are reported."""


def figures_of(pictures: Sequence[ExaminedPicture]) -> tuple[Figures, dict[str, Figures]]:
    """Figures of all classes together, and of each class that has a label or a false detection."""
    counts = sum((picture.counts() for picture in pictures), np.zeros((len(ROAD_USERS), len(COUNTS)), np.int64))
    judged = JudgedDetections.joined(picture.judged for picture in pictures)
    precisions = [average_precision(judged, class_id, int(row[0])) for class_id, row in enumerate(counts)]
    known = [precision for precision in precisions if precision is not None]
    total = _figures(len(pictures), counts.sum(axis=0), fmean(known) if known else None)
    by_class = {
        road_user.value: _figures(len(pictures), row, precision)
        for road_user, row, precision in zip(ROAD_USERS, counts, precisions, strict=True)
        if row.any()
    }
    return total, by_class


def grouped(
    pictures: Sequence[ExaminedPicture], *attributes: str
) -> Iterator[tuple[dict[str, str], list[ExaminedPicture]]]:
    """Pictures with equal values of the attributes, in the order of these values."""
    groups: dict[tuple[str, ...], list[ExaminedPicture]] = {}
    for picture in pictures:
        key = tuple(ATTRIBUTES[name](picture.picture) for name in attributes)
        groups.setdefault(key, []).append(picture)
    for key in sorted(groups):
        yield dict(zip(attributes, key, strict=True)), groups[key]


def examination_json(pictures: Sequence[ExaminedPicture]) -> dict[str, Any]:
    """All figures: in total, by class, by each attribute, by the class of the detection, and by all together.

    `by` has a row for each combination of the attributes with a class that has labels there.
    """
    total, by_class = figures_of(pictures)
    return {
        **total.as_json(),
        "classes": {name: figures.as_json() for name, figures in by_class.items()},
        "named": named_as(pictures),
        **{
            f"by_{attribute}": [
                {**key, **figures_of(members)[0].as_json(), "classes": _json_by_class(members)}
                for key, members in grouped(pictures, attribute)
            ]
            for attribute in ATTRIBUTES
        },
        "by": [
            {**key, "class": name, **figures.as_json()}
            for key, members in grouped(pictures, *ATTRIBUTES)
            for name, figures in figures_of(members)[1].items()
            if figures.boxes
        ],
    }


def named_as(pictures: Sequence[ExaminedPicture]) -> dict[str, dict[str, int]]:
    """Labels of each class by the class of their detection, and `missed`."""
    names = [*(road_user.value for road_user in ROAD_USERS), "missed"]
    table = np.zeros((len(ROAD_USERS), len(names)), dtype=np.int64)
    for picture in pictures:
        found_class = np.append(picture.found.class_id, len(ROAD_USERS))[picture.match.detection]
        np.add.at(table, (picture.labels.class_id, found_class), 1)
    return {
        road_user.value: dict(zip(names, row.tolist(), strict=True))
        for road_user, row in zip(ROAD_USERS, table, strict=True)
        if row.any()
    }


def share(part: int, whole: int) -> float | None:
    """Part of a whole, rounded; None where the whole is 0."""
    return round(part / whole, 4) if whole else None


def _figures(pictures: int, counts: NDArray[np.int64], ap50: float | None) -> Figures:
    return Figures(pictures=pictures, **dict(zip(COUNTS, counts.tolist(), strict=True)), ap50=ap50)


def _json_by_class(pictures: Sequence[ExaminedPicture]) -> dict[str, dict[str, Any]]:
    return {name: figures.as_json() for name, figures in figures_of(pictures)[1].items()}
