"""Evidence of one frame about whether the detector sees what moves on the road."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SightEvidence:
    """What light and motion of one frame show, against the tracks.

    step_s: time since the evidence before, seconds. tracked: moving objects on the road with a track. untracked:
    objects that travel on the road without one; an object counts for its earlier frames too once it has travelled, and
    the front and the rear of a large one may count apart.
    hidden: share of the road, 0..1, that glare or darkness hides.
    """

    step_s: float
    tracked: int
    untracked: int
    hidden: float
