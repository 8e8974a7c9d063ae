"""State of all tracks of a camera beside their motion, one row a track."""

from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from analytics.road_users import ROAD_USERS
from models.tracking.measurement_space import Array, Indices

CLASSES = len(ROAD_USERS)
"""Number of classes."""

SIZE_MEMORY = 0.7
"""Weight of the expected size, against the measured one, in the smoothed size (geometric mean) [assumption]."""

MAX_LOOMING_RATE = 3.0
"""Largest relative growth of the apparent size, per second, in either direction [assumption].

A road user less than a third of a second away from the camera is not tracked.
"""


@dataclass(frozen=True, slots=True)
class Measurements:
    """Usable detections of a frame, as the tracker measures them.

    index: (D,) rows of the detections that the tracker received. boxes: (D, 4) xyxy. sizes: (D, 2) width and height,
    pixels. positions: (D, 2) in the measurement space. noises: (D, 2, 2) covariance of these. class_id, confidence:
    (D,).
    """

    index: Indices
    boxes: Array
    sizes: Array
    positions: Array
    noises: Array
    class_id: Indices
    confidence: Array

    def __len__(self) -> int:
        return len(self.index)

    def rows(self, chosen: Indices) -> "Measurements":
        """Copy of some rows."""
        return Measurements(
            self.index[chosen],
            self.boxes[chosen],
            self.sizes[chosen],
            self.positions[chosen],
            self.noises[chosen],
            self.class_id[chosen],
            self.confidence[chosen],
        )


@dataclass(slots=True)
class TrackTable:
    """Columns with T rows.

    ids: (T,). boxes: (T, 4) last xyxy. sizes: (T, 2) smoothed width and height in pixels at `positions` (T, 2), which
    are in the measurement space. looming_rates: (T,) relative growth of the size per second that the positions do not
    explain. votes: (T, classes) sum of confidences. hits: (T,) number of detections. last_seen: (T,) time in seconds.
    """

    ids: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    boxes: Array = field(default_factory=lambda: np.zeros((0, 4)))
    sizes: Array = field(default_factory=lambda: np.zeros((0, 2)))
    positions: Array = field(default_factory=lambda: np.zeros((0, 2)))
    looming_rates: Array = field(default_factory=lambda: np.zeros(0))
    votes: Array = field(default_factory=lambda: np.zeros((0, CLASSES)))
    hits: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    last_seen: Array = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        return len(self.ids)

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Drop all other rows. kept: (T,) mask."""
        for column in _COLUMNS:
            setattr(self, column, getattr(self, column)[kept])

    def start(self, t: float, measured: Measurements, first_id: int) -> None:
        """Append a new track for each detection of the frame at `t` seconds."""
        n = len(measured)
        votes = np.zeros((n, CLASSES))
        votes[np.arange(n), measured.class_id] = measured.confidence
        new = TrackTable(
            ids=np.arange(first_id, first_id + n),
            boxes=measured.boxes,
            sizes=measured.sizes,
            positions=measured.positions,
            looming_rates=np.zeros(n),
            votes=votes,
            hits=np.ones(n, dtype=np.int64),
            last_seen=np.full(n, t),
        )
        for column in _COLUMNS:
            setattr(self, column, np.concatenate((getattr(self, column), getattr(new, column))))

    def update(
        self,
        rows: Indices,
        t: float,
        measured: Measurements,
        positions: Array,
        *,
        size_ratios: Array,
        looming_gain: float,
    ) -> None:
        """Update some rows with their detections of the frame at `t` seconds.

        measured: in the order of `rows`. positions: (M, 2), corrected. size_ratios: (M,) growth of the apparent size
        that the motion explains. looming_gain: change of the looming rate, per second, for each e-fold of unexpected
        size (an alpha-beta filter: Bar-Shalom et al., Estimation, ch. 6; its time constant does not depend on the
        frame rate).
        """
        expected = self.sizes[rows] * size_ratios[:, None]
        if looming_gain:
            grown = np.log(measured.sizes / expected)
            rates = self.looming_rates[rows] + looming_gain * ((grown[:, 0] + grown[:, 1]) / 2)
            self.looming_rates[rows] = np.minimum(np.maximum(rates, -MAX_LOOMING_RATE), MAX_LOOMING_RATE)
        self.sizes[rows] = expected**SIZE_MEMORY * measured.sizes ** (1 - SIZE_MEMORY)
        self.boxes[rows], self.positions[rows] = measured.boxes, positions
        self.votes[rows, measured.class_id] += measured.confidence
        self.hits[rows] += 1
        self.last_seen[rows] = t


_COLUMNS = tuple(column.name for column in fields(TrackTable))
"""Names of the columns."""
