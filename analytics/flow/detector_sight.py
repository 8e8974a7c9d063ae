"""Sight of the detector: whether it sees what moves on the road, from light, motion and tracks.

The share of the moving objects without a track is an estimate of the share that is not counted. A quiet minute has
little evidence, and then borrows from the minutes before. Measurements: docs/adr/0109-what-the-detector-misses.md.
"""

from dataclasses import dataclass

from analytics.facts import Sight
from analytics.sight import SightEvidence

MAX_STEP_S = 0.5
"""Longest time, seconds, for which one frame's objects count: between two frames of the idle rate [assumption]."""

DOUBTFUL_SHARE = 0.06
"""Untracked share of the moving objects from which sight is doubtful.

[measured: docs/adr/0157-least-untracked-share.md]
"""

BLIND_SHARE = 0.5
"""The same from which the detector is blind: it misses more than it sees [assumption]."""

MIN_UNTRACKED_S = 0.6
"""Object-seconds without a track that are needed as evidence; less is one blob of one moment [assumption]."""

ENOUGH_S = 10.0
"""Object-seconds in a minute from which earlier minutes no longer count: about three passing vehicles [assumption]."""

CARRIED_SHARE = 0.5
"""Weight of the evidence of the minute before [assumption]."""

DOUBTFUL_HIDDEN = 0.25
"""Hidden share of the road from which sight is doubtful [measured: docs/adr/0109-what-the-detector-misses.md]."""

BLIND_HIDDEN = 0.6
"""The same from which the detector is blind, unless it tracks what moves [assumption]."""


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Sums of evidence. observed_s: seconds with evidence. The others: object-seconds, and hidden share times time."""

    observed_s: float = 0.0
    tracked_s: float = 0.0
    untracked_s: float = 0.0
    hidden_s: float = 0.0

    def plus(self, other: "_Evidence", weight: float = 1.0) -> "_Evidence":
        return _Evidence(
            self.observed_s + weight * other.observed_s,
            self.tracked_s + weight * other.tracked_s,
            self.untracked_s + weight * other.untracked_s,
            self.hidden_s + weight * other.hidden_s,
        )


class DetectorSight:
    """Sight of one camera's detector. Memory is constant."""

    def __init__(self) -> None:
        self._minute = _Evidence()
        self._before = _Evidence()

    def add(self, evidence: SightEvidence) -> None:
        """Add the evidence of one frame."""
        step_s = min(evidence.step_s, MAX_STEP_S)
        frame = _Evidence(step_s, evidence.tracked * step_s, evidence.untracked * step_s, evidence.hidden * step_s)
        self._minute = self._minute.plus(frame)

    @property
    def sight(self) -> Sight | None:
        """Sight in the present minute; None without any evidence."""
        return _sight(self._combined)

    @property
    def _combined(self) -> _Evidence:
        """Evidence of the present minute, filled up with that of the minutes before."""
        own_s = self._minute.tracked_s + self._minute.untracked_s
        return self._minute.plus(self._before, CARRIED_SHARE * max(0.0, 1 - own_s / ENOUGH_S))

    def close_minute(self) -> Sight | None:
        """Sight in the minute that ends now; None without evidence in it. The next minute begins."""
        if not self._minute.observed_s:
            return None
        self._before, self._minute = self._combined, _Evidence()
        return _sight(self._before)


def _sight(evidence: _Evidence) -> Sight | None:
    if not evidence.observed_s:
        return None
    moving_s = evidence.tracked_s + evidence.untracked_s
    missed = evidence.untracked_s / moving_s if evidence.untracked_s >= MIN_UNTRACKED_S else 0.0
    hidden = evidence.hidden_s / evidence.observed_s
    if missed > BLIND_SHARE or (hidden > BLIND_HIDDEN and evidence.tracked_s < ENOUGH_S):
        return Sight.BLIND
    return Sight.DOUBTFUL if missed > DOUBTFUL_SHARE or hidden > DOUBTFUL_HIDDEN else Sight.CLEAR
