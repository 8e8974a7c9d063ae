"""Onset of congestion: space-mean speed below half of free flow for at least a minute."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.camera import Zone
from analytics.facts import IncidentEvidence, IncidentType
from analytics.flow.congestion_level import RECENT_S, ZoneLevelMonitor
from analytics.flow.queues import zone_queue
from analytics.incidents.base import IncidentCandidate
from analytics.incidents.confidence import incident_confidence
from analytics.tracks.scene import Scene
from analytics.tracks.trajectories import Trajectory

STARTS_BELOW = 0.5
"""Relative speed below which congestion starts [assumption]."""

ENDS_ABOVE = 0.6
"""Relative speed above which congestion ends [assumption]."""

MIN_DURATION_S = 60.0
"""Seconds below the threshold before an incident is raised [assumption]."""

MAX_PAUSE_S = 5.0
"""Seconds of faster traffic, such as a gap in a slow platoon, that do not end it [assumption]."""

MIN_VEHICLES = 2.5
"""Mean number of vehicles in the zone: a single slow vehicle is not congestion [assumption]."""

SIGNAL_QUEUE_S = 240.0
"""Seconds for which a queue at a signal must not clear: two cycles [assumption].

A queue that clears in every green phase is not congestion.
"""

SIGNAL_QUEUE_VEH = 3
"""Vehicles from which a queue at a signal has not cleared [assumption]."""


@dataclass(slots=True)
class _SlowZone:
    """State of one zone. since: start of the low speed, half a rolling window before it is measured.

    last_slow: time of the last low speed. raised: an incident was raised. queued_since: start of the standing queue,
    for zones at a signal.
    """

    since: float | None = None
    last_slow: float = 0.0
    raised: bool = False
    queued_since: float | None = None


class CongestionOnset:
    """Finds the onset of congestion in each zone."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = zones
        self._slow = [_SlowZone() for _ in zones]

    def observe(self, scene: Scene, levels: ZoneLevelMonitor) -> list[IncidentCandidate]:
        candidates = []
        for k, (zone, slow) in enumerate(zip(self._zones, self._slow, strict=True)):
            relative_speed, vehicles = levels.recent(k)
            _update(slow, scene.t, relative_speed, vehicles)
            queue_stays = not zone.signal_controlled or _queue_stays(slow, scene.t, zone_queue(scene, k).vehicles)
            if slow.since is None or scene.t - slow.since < MIN_DURATION_S or not (queue_stays or slow.raised):
                continue
            slow.raised = True
            candidates.append(self._candidate(k, slow.since, scene.t, relative_speed))
        return candidates

    def _candidate(self, k: int, since: float, t: float, relative_speed: float | None) -> IncidentCandidate:
        share = 0.0 if relative_speed is None else relative_speed
        u, v = np.mean(self._zones[k].polygon, axis=0).tolist()
        return IncidentCandidate(
            type=IncidentType.CONGESTION,
            zone=k,
            start_s=since,
            seen_s=t,
            pixel=(u, v),
            position=None,
            confidence=incident_confidence(IncidentType.CONGESTION, max(0.0, STARTS_BELOW - share)),
            evidence=IncidentEvidence(duration_s=t - since, relative_speed=share),
        )

    def drop(self, expired: Sequence[Trajectory]) -> None:
        """Do nothing: the state is per zone, not per track."""


def _update(slow: _SlowZone, t: float, relative_speed: float | None, vehicles: float) -> None:
    """Add a measurement. The zone is slow no longer after `MAX_PAUSE_S` of fast or little traffic."""
    limit = ENDS_ABOVE if slow.raised else STARTS_BELOW
    if relative_speed is not None and relative_speed < limit and (vehicles >= MIN_VEHICLES or slow.raised):
        slow.since = t - RECENT_S / 2 if slow.since is None else slow.since
        slow.last_slow = t
    elif t - slow.last_slow > MAX_PAUSE_S:
        slow.since, slow.raised = None, False


def _queue_stays(slow: _SlowZone, t: float, vehicles: int) -> bool:
    if vehicles < SIGNAL_QUEUE_VEH:
        slow.queued_since = None
    elif slow.queued_since is None:
        slow.queued_since = t
    return slow.queued_since is not None and t - slow.queued_since >= SIGNAL_QUEUE_S
