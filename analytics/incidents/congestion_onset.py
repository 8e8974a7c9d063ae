"""The onset of congestion: space-mean speed under half of free flow for at least a minute."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.camera import Zone
from analytics.facts import IncidentType
from analytics.flow.congestion_level import RECENT_S, ZoneLevelMonitor
from analytics.flow.queues import zone_queues
from analytics.incidents.base import IncidentCandidate
from analytics.tracks.scene import Scene
from analytics.tracks.trajectories import Trajectory

BELOW = 0.5
OVER_ABOVE = 0.6
"""It is over when the speed is back above this share of free flow."""

LASTS_S = 60.0
PAUSE_S = 5.0
VEHICLES = 2.5
"""Mean number in the zone: one slow or stopped vehicle is not congestion."""

SIGNAL_LASTS_S = 240.0
SIGNAL_QUEUE_VEH = 3
"""At a signal the queue must not have cleared for two cycles: a queue that clears in every green is not congestion."""


@dataclass(slots=True)
class _Slow:
    """since: when the zone's speed fell, which is half a rolling window before it shows. queued_since: since when a
    queue has stood, for zones at a signal.
    """

    since: float | None = None
    last_slow: float = 0.0
    found: bool = False
    queued_since: float | None = None


class CongestionOnset:
    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = zones
        self._slow = [_Slow() for _ in zones]

    def observe(self, scene: Scene, levels: ZoneLevelMonitor) -> list[IncidentCandidate]:
        queues = zone_queues(scene, len(self._zones))
        found = []
        for k, (zone, slow) in enumerate(zip(self._zones, self._slow, strict=True)):
            relative_speed, vehicles = levels.recent(k)
            _note(slow, scene.t, relative_speed, vehicles)
            queue_stays = not zone.signal_controlled or _never_cleared(slow, scene.t, queues[k].vehicles)
            if slow.since is None or scene.t - slow.since < LASTS_S or not (queue_stays or slow.found):
                continue
            slow.found = True
            found.append(self._finding(k, slow.since, scene.t, relative_speed))
        return found

    def _finding(self, k: int, since: float, t: float, relative_speed: float | None) -> IncidentCandidate:
        share = 0.0 if relative_speed is None else relative_speed
        u, v = np.mean(self._zones[k].polygon, axis=0).tolist()
        return IncidentCandidate(
            type=IncidentType.CONGESTION,
            zone=k,
            start_s=since,
            seen_s=t,
            pixel=(u, v),
            position=None,
            confidence=min(0.95, 0.6 + 0.7 * max(0.0, BELOW - share)),
            reason=f"Traffic moves at {100 * share:.0f}% of free flow, under half of it for over a minute.",
        )

    def drop(self, gone: Sequence[Trajectory]) -> None:
        """Zones do not depend on single road users."""


def _note(slow: _Slow, t: float, relative_speed: float | None, vehicles: float) -> None:
    """Fast again, or nearly empty, for a while is over; a gap in a slow platoon is not."""
    limit = OVER_ABOVE if slow.found else BELOW
    if relative_speed is not None and relative_speed < limit and (vehicles >= VEHICLES or slow.found):
        slow.since = t - RECENT_S / 2 if slow.since is None else slow.since
        slow.last_slow = t
    elif t - slow.last_slow > PAUSE_S:
        slow.since, slow.found = None, False


def _never_cleared(slow: _Slow, t: float, vehicles: int) -> bool:
    if vehicles < SIGNAL_QUEUE_VEH:
        slow.queued_since = None
    elif slow.queued_since is None:
        slow.queued_since = t
    return slow.queued_since is not None and t - slow.queued_since >= SIGNAL_LASTS_S
