"""Everything that is said about one camera, from its tracks."""

from collections.abc import Iterable, Sequence

from analytics.camera import Camera
from analytics.detections import Tracks
from analytics.facts import Coverage, Crossing, Fact
from analytics.flow.congestion_level import ZoneLevelMonitor
from analytics.flow.free_flow import FreeFlowEstimator
from analytics.flow.gate_counting import GateCounter
from analytics.flow.gate_intervals import GateIntervalAggregator
from analytics.flow.queues import zone_queues
from analytics.flow.time_bins import TimeBins
from analytics.flow.zone_intervals import INTERVAL_S, ZoneIntervalAggregator
from analytics.flow.zone_travel import ZoneTravelMeter
from analytics.incidents.manager import IncidentManager
from analytics.tracks.scene import Scene, SceneSampler
from analytics.tracks.trajectories import AnalyzedFrame, Trajectories, Trajectory
from analytics.turning.trips import TripRecorder

COVERAGE_S = 10.0
MAX_FRAME_GAP_S = 2.0
"""Frames further apart than this: the time between was not observed."""

TRACK_LOSS_S = 15.0
"""After a gap as long as this, nobody is the same road user as before."""

MAX_CLOCK_BACK_S = 60.0
"""A clock that goes back less than this is waited for; one that goes back further is believed."""

MAX_CLOCK_AHEAD_S = 3600.0
"""After a gap as long as this, the minutes between are not reported one by one."""


class CameraAnalyzer:
    """Turns the tracks of one camera into facts. Time moves forward only; memory does not grow.

    Not thread-safe. Frames that are no later than one already seen are ignored; where the clock of the source jumps
    back by more than a minute, or ahead by more than an hour, everything starts anew at the new time.
    """

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        limit_ms = None
        if camera.homography is not None and camera.speed_limit_kmh is not None:
            limit_ms = camera.speed_limit_kmh / 3.6
        self._free_flow = [FreeFlowEstimator(limit_ms, signalised=zone.signal_controlled) for zone in camera.zones]
        self._desk = IncidentManager(camera)
        self._reset()

    def _reset(self) -> None:
        camera, homography = self._camera, self._camera.homography
        self._now: float | None = None
        self._last_look: float | None = None
        self._coverage = TimeBins(COVERAGE_S)
        self._minutes = TimeBins(INTERVAL_S)
        self._trajectories = Trajectories(homography)
        self._gates = GateCounter(camera.gates, calibrated=homography is not None)
        self._gate_minutes = GateIntervalAggregator(camera.gates)
        self._trips = TripRecorder(camera.gates, homography)
        self._travel = ZoneTravelMeter(camera.zones, homography)
        self._zones = ZoneIntervalAggregator(camera.zones, homography)
        self._watch = SceneSampler(camera.zones, homography)
        self._levels = ZoneLevelMonitor(camera.zones, self._free_flow, calibrated=homography is not None)

    def observe(self, t: float, tracks: Tracks) -> list[Fact]:
        """A frame was analysed that shows the road at `t` seconds. Returns what is now known."""
        facts = self._restart_if_clock_jumped(t)
        if self._last_look is not None and t <= self._last_look:
            return facts
        step_s = 0.0 if self._last_look is None else t - self._last_look
        seen_since = step_s if step_s <= MAX_FRAME_GAP_S else 0.0
        if self._last_look is not None and step_s > MAX_FRAME_GAP_S:
            self._gate_minutes.add_gap(self._last_look, t)
        if step_s > TRACK_LOSS_S:
            facts += self._let_go(self._trajectories.pop_all())
        if self._now is None or t > self._now:
            facts += self._advance(t, observed=seen_since > 0)
        self._last_look = t
        facts += self._learn_from(self._trajectories.update(t, seen_since, tracks))
        return facts + self._let_go(self._trajectories.pop_expired(t))

    def advance(self, t: float) -> list[Fact]:
        """Time has come to `t` and no frame with it: after `MAX_FRAME_GAP_S` that is time not observed.

        A frame that comes late is still looked at, but what was called unobserved stays so.
        """
        facts = self._restart_if_clock_jumped(t)
        if self._now is None:
            return facts + self._advance(t, observed=False)
        since = self._now if self._last_look is None else self._last_look
        if t <= self._now or t - since <= MAX_FRAME_GAP_S:
            return facts
        facts += self._advance(t, observed=False)
        facts += self._crossed(t, self._gates.pop_settled(t))
        facts += self._levels.mark_unobserved(t, since)
        facts += self._desk.end_stale(t)
        return facts + self._let_go(self._trajectories.pop_expired(t))

    def finish(self, t: float) -> list[Fact]:
        """The source ends at `t`: report everything that is still open."""
        facts: list[Fact] = []
        if self._now is not None and t > self._now:
            observed = self._last_look is not None and t - self._last_look <= MAX_FRAME_GAP_S
            facts += self._advance(t, observed=observed)
        facts += self._let_go(self._trajectories.pop_all())
        facts += self._gate_minutes.add_crossings(self._gates.finish())
        facts += self._close_minutes(self._minutes.finish())
        return [*facts, *self._gate_minutes.finish(), *self._coverage.finish()]

    def _restart_if_clock_jumped(self, t: float) -> list[Fact]:
        if self._now is None or -MAX_CLOCK_BACK_S <= t - self._now <= MAX_CLOCK_AHEAD_S:
            return []
        facts = [*self.finish(self._now), *self._desk.reset()]
        self._reset()
        return facts

    def _advance(self, t: float, *, observed: bool) -> list[Fact]:
        self._now = t
        return [
            *self._close_minutes(self._minutes.advance(t, observed=observed)),
            *self._coverage.advance(t, observed=observed),
        ]

    def _crossed(self, t: float, crossings: Iterable[Crossing]) -> list[Fact]:
        return [*self._gate_minutes.add_crossings(crossings), *self._gate_minutes.pop_settled(t)]

    def _close_minutes(self, minutes: Sequence[Coverage]) -> list[Fact]:
        self._gate_minutes.close(minutes)
        free_flow = [zone.speed_ms for zone in self._free_flow]
        return [interval for m in minutes for interval in self._zones.close(m, self._levels.levels, free_flow)]

    def _learn_from(self, look: AnalyzedFrame) -> list[Fact]:
        facts = self._crossed(look.t, self._gates.observe(look))
        self._trips.observe(look)
        travel = self._travel.observe(look)
        scene = self._watch.observe(look.t, self._trajectories)
        if scene is not None:
            travel += self._travel.advance_occluded(scene)
        self._zones.add(travel)
        facts += self._levels.observe(look, travel)
        return facts if scene is None else facts + self._learn_from_scene(scene)

    def _learn_from_scene(self, scene: Scene) -> list[Fact]:
        self._zones.add_queues(zone_queues(scene, len(self._camera.zones), self._travel.occluded))
        return [*self._desk.observe(scene, self._levels)]

    def _let_go(self, gone: Sequence[Trajectory]) -> list[Fact]:
        self._gates.drop(gone)
        self._watch.drop(gone)
        self._desk.drop(gone)
        for zone, speed_ms in self._travel.drop(gone):
            self._free_flow[zone].add(speed_ms)
        return [*self._trips.pop_finished(gone)]
