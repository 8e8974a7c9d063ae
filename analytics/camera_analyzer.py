"""All facts about one camera from its tracks: wires counting, zone measures, levels, incidents and trips."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import inf

from analytics.camera import Camera
from analytics.detections import Tracks
from analytics.facts import Coverage, Crossing, Fact
from analytics.flow.congestion_level import ZoneLevelMonitor
from analytics.flow.detector_sight import DetectorSight
from analytics.flow.edie_totals import EdieTotals
from analytics.flow.free_flow import FreeFlowEstimator
from analytics.flow.gate_counting import GateCounter
from analytics.flow.gate_intervals import GateIntervalAggregator
from analytics.flow.pending_crossing import SETTLE_S
from analytics.flow.queues import Queue, zone_queues
from analytics.flow.time_bins import TimeBins
from analytics.flow.zone_intervals import INTERVAL_S, ZoneIntervalAggregator
from analytics.flow.zone_travel import ZoneTravelMeter
from analytics.incidents.manager import IncidentManager
from analytics.road_users import RoadUser
from analytics.sight import SightEvidence
from analytics.tracks.kinematics import KMH_PER_MS
from analytics.tracks.scene import SPEED_WINDOW_S, Scene, SceneSampler
from analytics.tracks.trajectories import AnalyzedFrame, Trajectories, Trajectory
from analytics.turning.trips import TripRecorder

COVERAGE_S = 10.0
"""Length in seconds of the intervals of `Coverage` [assumption]."""

MAX_FRAME_GAP_S = 2.0
"""Seconds between two frames beyond which the time between them was not observed [assumption]."""

TRACK_LOSS_S = 15.0
"""Seconds of a gap after which no track continues [assumption]."""

MAX_CLOCK_BACK_S = 60.0
"""Seconds that the clock may step back before a restart; frames with earlier times are ignored until then [assumption].
"""

MAX_CLOCK_AHEAD_S = 3600.0
"""Seconds of a gap beyond which the minutes in it are not reported one by one, but all state restarts [assumption]."""


class CameraAnalyzer:
    """Turns the tracks of one camera into facts. Time moves forward only; memory is bounded.

    Not thread-safe. Frames no later than the previous one are ignored. All state restarts where the clock of the source
    steps back by more than a minute, or ahead by more than an hour.
    """

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        limit_ms = None
        if camera.homography is not None and camera.speed_limit_kmh is not None:
            limit_ms = camera.speed_limit_kmh / KMH_PER_MS
        self._free_flow = [FreeFlowEstimator(limit_ms, signalised=zone.signal_controlled) for zone in camera.zones]
        self._incidents = IncidentManager(camera)
        self.ended_tracks: Counter[RoadUser] = Counter()
        """Number of tracks that ended since the start, by class; after `finish`, of all tracks."""
        self._reset()

    def _reset(self) -> None:
        camera, homography = self._camera, self._camera.homography
        self._now: float | None = None
        self._began_s: float | None = None
        self._last_frame_t: float | None = None
        self._coverage = TimeBins(COVERAGE_S)
        self._covered: deque[Coverage] = deque()
        self._minutes = TimeBins(INTERVAL_S)
        self._trajectories = Trajectories(homography)
        self._gates = GateCounter(camera.gates, calibrated=homography is not None, image_size=camera.image_size)
        self._gate_intervals = GateIntervalAggregator(camera.gates)
        self._sight = DetectorSight()
        self._trips = TripRecorder(camera.gates, homography)
        self._travel = ZoneTravelMeter(camera.zones, homography)
        self._zone_intervals = ZoneIntervalAggregator(camera.zones, homography)
        self._clear_within_s = inf
        self._doubtful_travel: EdieTotals | None = None
        self._doubtful_queues: list[Sequence[Queue]] = []
        self._unobserved_until_s = -inf
        self._scenes = SceneSampler(camera.zones, homography)
        self._levels = ZoneLevelMonitor(camera.zones, self._free_flow, calibrated=homography is not None)

    def observe(
        self, t: float, tracks: Tracks, sight: SightEvidence | None = None, *, doubt_s: float | None = None
    ) -> list[Fact]:
        """Add an analysed frame that shows the road at `t` seconds; return new facts.

        sight: evidence of what the detector misses; None without pictures, or where the frame has none. doubt_s: of a
        frame that may not show the road as it is at `t`: seconds within which a clear frame must follow, or the time
        since the last clear one was not observed. None for a clear frame.
        """
        facts = self._restart_if_clock_jumped(t)
        if self._last_frame_t is not None and t <= self._last_frame_t:
            return facts
        gap_s = 0.0 if self._last_frame_t is None else t - self._last_frame_t
        step_s = gap_s if gap_s <= MAX_FRAME_GAP_S else 0.0
        if gap_s > TRACK_LOSS_S:
            facts += self._drop(self._trajectories.pop_all())
        if self._now is None or t > self._now:
            facts += self._pass_time(t, step_s, doubt_s)
        self._last_frame_t = t
        if sight is not None:
            self._sight.add(sight)
        facts += self._observe_frame(self._trajectories.update(t, step_s, tracks), is_clear=doubt_s is None)
        return [*facts, *self._drop(self._trajectories.pop_expired(t)), *self._pop_covered(t)]

    def _pass_time(self, t: float, step_s: float, doubt_s: float | None) -> list[Fact]:
        """Move time to that of a frame, unless a later one decides whether the time since the last clear one counts."""
        if doubt_s is not None:
            self._clear_within_s = min(self._clear_within_s, doubt_s)
        is_overdue = self._now is not None and t - self._now > self._clear_within_s
        if doubt_s is not None and step_s > 0 and not is_overdue:
            return []
        self._clear_within_s = inf if doubt_s is None else 0.0
        return self._advance(t, observed=step_s > 0 and not is_overdue)

    def advance(self, t: float) -> list[Fact]:
        """Move time to `t` without a frame; after `MAX_FRAME_GAP_S` the time counts as not observed.

        A frame that arrives late is still analysed, but time once counted as not observed remains so.
        """
        facts = self._restart_if_clock_jumped(t)
        if self._now is None:
            return facts + self._advance(t, observed=False)
        since = self._now if self._last_frame_t is None else self._last_frame_t
        if t <= self._now or t - since <= MAX_FRAME_GAP_S:
            return facts
        facts += self._advance(t, observed=False)
        facts += self._add_crossings(t, self._gates.pop_settled(t))
        facts += self._levels.mark_unobserved(t, since)
        facts += self._incidents.end_stale(t)
        return [*facts, *self._drop(self._trajectories.pop_expired(t)), *self._pop_covered(t)]

    def finish(self, t: float) -> list[Fact]:
        """End the source at `t`; return all facts that are still open."""
        facts: list[Fact] = []
        if self._now is not None and t > self._now:
            is_recent = self._last_frame_t is not None and t - self._last_frame_t <= MAX_FRAME_GAP_S
            facts += self._advance(t, observed=is_recent and self._clear_within_s == inf)
        facts += self._drop(self._trajectories.pop_all())
        facts += self._gate_intervals.add_crossings(self._gates.finish())
        facts += self._close_minutes(self._minutes.finish())
        self._covered += self._since_begin(self._coverage.finish())
        return [*facts, *self._gate_intervals.finish(), *self._pop_covered(inf)]

    def _restart_if_clock_jumped(self, t: float) -> list[Fact]:
        if self._now is None or -MAX_CLOCK_BACK_S <= t - self._now <= MAX_CLOCK_AHEAD_S:
            return []
        facts = [*self.finish(self._now), *self._incidents.reset()]
        self._reset()
        return facts

    def _advance(self, t: float, *, observed: bool) -> list[Fact]:
        if self._doubtful_travel is not None:
            if observed:
                self._zone_intervals.add(self._doubtful_travel)
            self._doubtful_travel = None
        for queues in self._doubtful_queues if observed else ():
            self._zone_intervals.add_queues(queues)
        self._doubtful_queues.clear()
        if self._now is not None and not observed:
            self._gate_intervals.add_gap(self._now, t)
            self._unobserved_until_s = t
        self._now = t
        self._began_s = t if self._began_s is None else self._began_s
        self._covered += self._since_begin(self._coverage.advance(t, observed=observed))
        return self._close_minutes(self._minutes.advance(t, observed=observed))

    def _pop_covered(self, t: float) -> list[Coverage]:
        """Return the periods whose crossings have settled by `t`.

        A period that was reported before them would count as observed without them, were the program killed between.
        """
        settled = []
        while self._covered and t - self._covered[0].end_s >= SETTLE_S:
            settled.append(self._covered.popleft())
        return settled

    def _since_begin(self, periods: Sequence[Coverage]) -> list[Coverage]:
        """Return the periods, the first of them from the first time on: an earlier run may have reported the rest."""
        return [
            period if self._began_s is None else replace(period, start_s=max(period.start_s, self._began_s))
            for period in periods
        ]

    def _add_crossings(self, t: float, crossings: Iterable[Crossing]) -> list[Fact]:
        return [*self._gate_intervals.add_crossings(crossings), *self._gate_intervals.pop_settled(t)]

    def _close_minutes(self, minutes: Sequence[Coverage]) -> list[Fact]:
        free_flow = [zone.speed_ms for zone in self._free_flow]
        levels = self._levels.levels
        intervals: list[Fact] = []
        for minute in minutes:
            sight = self._sight.close_minute()
            self._gate_intervals.close(minute, sight)
            intervals += self._zone_intervals.close(minute, levels, free_flow, sight)
        return intervals

    def _observe_frame(self, frame: AnalyzedFrame, *, is_clear: bool) -> list[Fact]:
        facts = self._add_crossings(frame.t, self._gates.observe(frame))
        self._trips.observe(frame)
        travel = self._travel.observe(frame)
        scene = self._scenes.observe(frame.t, self._trajectories)
        if scene is not None:
            travel += self._travel.advance_occluded(scene)
        if is_clear:
            self._zone_intervals.add(travel)
        else:
            before = self._doubtful_travel
            self._doubtful_travel = travel if before is None else before + travel
        facts += self._levels.observe(frame, travel, self._sight.sight)
        return facts if scene is None else facts + self._observe_scene(scene, is_clear=is_clear)

    def _observe_scene(self, scene: Scene, *, is_clear: bool) -> list[Fact]:
        if scene.t - self._unobserved_until_s >= SPEED_WINDOW_S:  # speeds are of observed time
            queues = zone_queues(scene, len(self._camera.zones), self._travel.occluded)
            if is_clear:
                self._zone_intervals.add_queues(queues)
            else:
                self._doubtful_queues.append(queues)
        return [*self._incidents.observe(scene, self._levels)]

    def _drop(self, expired: Sequence[Trajectory]) -> list[Fact]:
        self.ended_tracks.update(trajectory.road_user for trajectory in expired)
        self._gates.drop(expired)
        self._scenes.drop(expired)
        self._incidents.drop(expired)
        for zone, speed_ms in self._travel.drop(expired):
            self._free_flow[zone].add(speed_ms)
        return [*self._trips.pop_finished(expired)]
