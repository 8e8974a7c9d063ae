"""What a tracker remembers of every road user it follows, one row each."""

from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from analytics.facts import ROAD_USERS
from models.tracking.measurement_space import Array, Indices

CLASSES = len(ROAD_USERS)
_SIZE_MEMORY = 0.7
FASTEST_NEARING = 3.0
"""Per second, in either direction; nearer than a third of a second away nobody is followed."""


@dataclass(slots=True)
class TrackTable:
    """All arrays have T rows.

    ids: (T,). boxes: (T, 4) last xyxy. sizes: (T, 2) smoothed width and height in pixels, as they looked at `places`
    (T, 2), positions in the plane. nearing: (T,) relative growth of the sizes in a second, beyond what the plane tells
    from the places. votes: (T, classes) summed confidence. hits: (T,) sightings. seen: (T,) last time.
    """

    ids: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    boxes: Array = field(default_factory=lambda: np.zeros((0, 4)))
    sizes: Array = field(default_factory=lambda: np.zeros((0, 2)))
    places: Array = field(default_factory=lambda: np.zeros((0, 2)))
    nearing: Array = field(default_factory=lambda: np.zeros(0))
    votes: Array = field(default_factory=lambda: np.zeros((0, CLASSES)))
    hits: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    seen: Array = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, chosen: Indices) -> "TrackTable":
        return TrackTable(*(getattr(self, column.name)[chosen] for column in fields(self)))

    def keep(self, kept: NDArray[np.bool_]) -> None:
        for column in fields(self):
            setattr(self, column.name, getattr(self, column.name)[kept])

    def add(self, newcomers: "TrackTable") -> None:
        for column in fields(self):
            both = getattr(self, column.name), getattr(newcomers, column.name)
            setattr(self, column.name, np.concatenate(both))

    def meet(self, rows: Indices, t: float, seen: "TrackTable", growth: Array, nearing_gain: float) -> None:
        """Update some rows with what was seen of them. seen: their boxes, sizes, places and votes, in the same order.

        growth: (M,) how much larger they look now for having moved. nearing_gain: how much faster they are
        believed to come nearer, per second, for each e-fold larger than expected (an alpha-beta filter: Bar-Shalom et
        al., Estimation, ch. 6; with this gain it takes the same time to learn whatever the rate of looks).
        """
        expected = self.sizes[rows] * growth[:, None]
        if nearing_gain:
            surprise = np.log(seen.sizes / expected).mean(axis=1)
            nearing = self.nearing[rows] + nearing_gain * surprise
            self.nearing[rows] = np.clip(nearing, -FASTEST_NEARING, FASTEST_NEARING)
        self.sizes[rows] = expected**_SIZE_MEMORY * seen.sizes ** (1 - _SIZE_MEMORY)
        self.boxes[rows], self.places[rows] = seen.boxes, seen.places
        self.votes[rows] += seen.votes
        self.hits[rows] += 1
        self.seen[rows] = t


def table_from_detections(t: float, xyxy: Array, places: Array, class_id: Indices, confidence: Array) -> TrackTable:
    """Rows for detections as if each were somebody new, without ids."""
    n = len(xyxy)
    votes = np.zeros((n, CLASSES))
    votes[np.arange(n), class_id] = confidence
    return TrackTable(
        ids=np.zeros(n, dtype=np.int64),
        boxes=xyxy,
        sizes=np.maximum(xyxy[:, 2:] - xyxy[:, :2], 1.0),
        places=places,
        nearing=np.zeros(n),
        votes=votes,
        hits=np.ones(n, dtype=np.int64),
        seen=np.full(n, t),
    )
