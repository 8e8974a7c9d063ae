"""Comparison of two networks on the same pictures: which figures fell by more than a margin from sampling."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.road_users import ROAD_USERS, RoadUser
from models.examination.average_precision import JudgedDetections, average_precision
from models.examination.figures import ExaminedPicture

COMPARED_CLASSES = (RoadUser.MOTORCYCLE, RoadUser.CAR)
"""Classes that decide: nearly all vehicles of a street [assumption]."""

MARGIN_ERRORS = 1.64
"""Standard errors by which a figure may fall; by chance it falls further in 1 of 20 cases [source: normal curve]."""

MIN_MARGIN, MAX_MARGIN = 0.01, 0.05
"""Fall of a figure that is always accepted, the step of a precision-recall curve; and that never is, 0..1 [assumption].
"""

SAMPLES = 200
"""Samples of pictures, drawn with replacement, that give the standard error [source: bootstrap, Efron 1979]."""

_SEED = 1
"""Seed of the samples, so that the same pictures give the same decision."""


@dataclass(frozen=True, slots=True)
class Change:
    """A figure of one class before and after. measure: "ap50" or "right" (share named right). margin: see `compare`."""

    road_user: str
    measure: str
    before: float
    after: float
    margin: float

    @property
    def is_worse(self) -> bool:
        """Whether the figure fell by more than the margin."""
        return self.before - self.after > self.margin

    def as_json(self) -> dict[str, Any]:
        """All values, rounded."""
        return {
            "class": self.road_user,
            "measure": self.measure,
            **{name: round(getattr(self, name), 4) for name in ("before", "after", "margin")},
            "is_worse": self.is_worse,
        }


def compare(before: Sequence[ExaminedPicture], after: Sequence[ExaminedPicture]) -> list[Change]:
    """Figures of each of `COMPARED_CLASSES` that has labels. before, after: the same pictures in the same order.

    The margin of a figure is `MARGIN_ERRORS` standard errors of its difference, from `MIN_MARGIN` to `MAX_MARGIN`. The
    error comes from samples of whole pictures, since the boxes of a picture are not independent.
    """
    if [p.picture for p in before] != [p.picture for p in after]:
        raise ValueError("the pictures before and after differ")
    samples = np.random.default_rng(_SEED).integers(0, max(1, len(before)), (SAMPLES, len(before)))
    changes = []
    for road_user in COMPARED_CLASSES:
        class_id = ROAD_USERS.index(road_user)
        for measure, figure in (("ap50", _ap50), ("right", _right_share)):
            values = [figure(pictures, class_id, np.arange(len(before))) for pictures in (before, after)]
            if values[0] is None or values[1] is None:
                continue
            drawn = [(figure(before, class_id, chosen), figure(after, class_id, chosen)) for chosen in samples]
            falls = [b - a for b, a in drawn if b is not None and a is not None]
            margin = float(np.clip(MARGIN_ERRORS * np.std(falls), MIN_MARGIN, MAX_MARGIN)) if falls else MAX_MARGIN
            changes.append(Change(road_user.value, measure, values[0], values[1], margin))
    return changes


def _ap50(pictures: Sequence[ExaminedPicture], class_id: int, chosen: NDArray[np.int64]) -> float | None:
    labels = sum(int((pictures[k].labels.class_id == class_id).sum()) for k in chosen)
    return average_precision(JudgedDetections.joined(pictures[k].judged for k in chosen), class_id, labels)


def _right_share(pictures: Sequence[ExaminedPicture], class_id: int, chosen: NDArray[np.int64]) -> float | None:
    of_class = [pictures[k].match.is_right[pictures[k].labels.class_id == class_id] for k in chosen]
    labels = sum(len(right) for right in of_class)
    return sum(int(right.sum()) for right in of_class) / labels if labels else None
