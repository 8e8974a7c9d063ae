"""Count of road users that cross a gate (counting line).

A road user is counted where its ground point moves from one side of a gate's line to the other through the gate's
segment. It has changed sides only when it was clear of the line on both (`analytics.flow.gate_sides`), and moved by
more than the box of a parked vehicle does. Jitter on the line, or a single box that reaches over it, therefore counts
nothing. Nor does a box of which only one edge moves (`analytics.flow.box_resize`). A return after a reported crossing
needs a larger margin, so that swaying over the line is one crossing. After a reported return and a time at the border
of the picture a crossing counts again: there another road user takes over the track of one that leaves. A road user
that stops right behind the line counts when it drives on or is no longer seen, and not at all when it turns back.

A road user that is lost at the line and found again under another identity keeps its side
(`analytics.tracks.continuation`), unless the former one is detected again.

Tracks that start just behind, or end just before, a gate also count (`analytics.tracks.extrapolation`). They do not
count if another track that never coexisted with them crossed there within `SAME_CROSSING_S` (an ID switch).

Of two tracks that show one vehicle, such as a lorry and its cab, one counts (`analytics.tracks.same_vehicle`).

A crossing is reported `SETTLE_S` after it happened, or that long after its track's last detection, and later for one
that waits on the line. By then more frames have voted on the class, and the speed fit includes both sides of the line.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from math import inf

from analytics.camera import Gate
from analytics.facts import Crossing, Direction
from analytics.flow.box_resize import BOXES, moved_as_a_whole
from analytics.flow.gate_sides import CLEAR_SIGMAS, ENDED_SIGMAS, MIN_SAMPLES, clear_sides
from analytics.flow.gate_state import GateState
from analytics.flow.pending_crossing import (
    MIN_SUMMED_CONFIDENCE,
    MIN_TRAVEL_HEIGHTS,
    RETURN_MARGIN_HEIGHTS,
    SETTLE_S,
    PendingCrossing,
    counts_instead,
    is_same_crossing,
    may_turn_back,
)
from analytics.geometry.gate_geometry import GateGeometry, gate_distances, gate_normal
from analytics.geometry.plane import side_of_point
from analytics.tracks.continuation import continued_track
from analytics.tracks.detected_path import DetectedPath, latest_detections
from analytics.tracks.extrapolation import FIT_S, ExtrapolatedSegment, extrapolate_after_last, extrapolate_before_first
from analytics.tracks.kinematics import speed_at
from analytics.tracks.trajectories import AnalyzedFrame, Box, Trajectory

RECENT_CROSSINGS = 64
"""Latest crossings with which an extrapolated one is compared [assumption]."""


class GateCounter:
    """Counts crossings of all gates of one camera. Stores state only for trajectories that are not dropped."""

    def __init__(
        self, gates: Iterable[Gate], *, calibrated: bool, image_size: tuple[float, float] = (inf, inf)
    ) -> None:
        self._geometry = GateGeometry(gates)
        self._calibrated = calibrated
        self._image_size = image_size
        self._states: dict[int, GateState] = {}
        self._new: dict[int, GateState] = {}
        self._in_view: dict[int, GateState] = {}
        self._pending: list[PendingCrossing] = []
        self._held: list[tuple[PendingCrossing, Crossing]] = []
        self._recent: deque[PendingCrossing] = deque(maxlen=RECENT_CROSSINGS)
        self._observed_since = -inf

    def __len__(self) -> int:
        return len(self._states)

    def observe(self, frame: AnalyzedFrame) -> list[Crossing]:
        """Add one frame; return the crossings that have settled."""
        if not self._geometry.gates:
            return []
        if frame.step_s == 0:
            self._count_before_first(inf)
            self._in_view.clear()
            self._observed_since = frame.t
        if frame.trajectories:
            self._update_sides(frame)
            for crossing in (*self._pending, *(held for held, _ in self._held)):
                crossing.mark_if_passed()
        self._count_before_first(frame.t)
        self._count_after_last(frame.t)
        return self.pop_settled(frame.t)

    def _update_sides(self, frame: AnalyzedFrame) -> None:
        states = [self._state(trajectory) for trajectory in frame.trajectories]
        for state in states:
            if state.later is not None:
                self._part(state, state.later)
            elif len(state.trajectory.times) == MIN_SAMPLES and state.earlier is None:
                self._continue_ended(state)
        for state in states:
            if state.counted:
                state.note_border(self._image_size)
            self._review_sides(state)

    def _state(self, trajectory: Trajectory) -> GateState:
        known = self._states.get(trajectory.track)
        if known is None:
            known = GateState.of(trajectory, len(self._geometry.gates))
            self._states[trajectory.track] = self._new[trajectory.track] = known
        self._in_view[trajectory.track] = known
        return known

    def _continue_ended(self, state: GateState) -> None:
        """Find the ended track of the same road user, unless that had crossed a gate before which the new one is."""
        first = state.trajectory.first_seen
        ended = [s for s in self._states.values() if s.trajectory.last_seen < first and s.later is None]
        track = continued_track(state.trajectory, [s.trajectory for s in ended])
        if track is None:
            return
        old = self._states[track.track]
        counted = {gate_id for gate_id, _ in old.counted}
        for gate, side in zip(self._geometry.gates, old.sides, strict=True):
            if gate.id in counted and side * side_of_point(gate.p1, gate.p2, state.trajectory.pixels[0]) < 0:
                return
        state.continue_from(old)
        self._in_view.pop(track.track, None)
        self._new.pop(state.trajectory.track, None)

    def _part(self, state: GateState, later: GateState) -> None:
        """Undo a continuation: the track that seemed to have ended is detected again; `later` is another road user."""
        path = DetectedPath.of(later.trajectory)
        used = max(MIN_SAMPLES, bisect_right(path.times, path.times[0] + FIT_S))
        times, pixels, height = path.times[:used], path.pixels[:used], later.trajectory.height
        sides = [clear_sides(times, gate_distances(gate, pixels), height).first for gate in self._geometry.gates]
        for crossing in state.part_from(later, sides):
            self._undo(later, crossing)
        self._new[later.trajectory.track] = later

    def _review_sides(self, state: GateState, sigmas: float = CLEAR_SIGMAS) -> None:
        """Find the gates of which the road user is now clear on another side than before."""
        trajectory = state.trajectory
        left = self._geometry.left_sides(state.sides, trajectory.pixels[-1])
        if not left:
            return
        times, pixels = latest_detections(*state.tracks, min_count=MIN_SAMPLES, seconds=FIT_S)
        if len(times) < MIN_SAMPLES:
            return
        is_new = times[0] == trajectory.first_seen
        for k in left:
            gate = self._geometry.gates[k]
            distances = gate_distances(gate, pixels)
            now = clear_sides(times, distances, trajectory.height, sigmas)
            side = state.sides[k] = state.sides[k] or (is_new and now.first) or now.last
            if side * distances[-2] > 0 >= side * distances[-1]:
                direction = Direction.A if side < 0 else Direction.B
                state.touched[k] = self._geometry.time_of_step(gate, direction, times, pixels, trajectory.height)
            if side * now.last < 0:
                self._change_side(state, k)

    def _change_side(self, state: GateState, k: int) -> None:
        """Take note of a road user on another side."""
        gate, height, path = self._geometry.gates[k], state.trajectory.height, DetectedPath.of(*state.tracks)
        start = bisect_left(path.times, state.since[k])
        distances = gate_distances(gate, path.pixels[start:])
        distance = distances[-1]
        direction, opposite = (Direction.A, Direction.B) if distance > 0 else (Direction.B, Direction.A)
        if max(distances) - min(distances) < MIN_TRAVEL_HEIGHTS * height:
            return
        entry = state.counted.get((gate.id, opposite))
        turned_back = entry is not None and not (entry.passed or entry.emitted)
        if not turned_back and not self._has_crossed(state, gate, path.boxes, distances):
            return
        t = self._geometry.crossing_time(gate, direction, path, height, state.since[k])
        if t is None and all(before * distance > 0 for before in distances):
            t = state.touched[k]  # it waited on the line for longer than its path is stored
        state.sides[k], state.since[k] = (1.0 if distance > 0 else -1.0), state.trajectory.last_seen
        if entry is not None and turned_back:
            self._undo(state, entry)
        elif t is not None and state.may_count(gate.id, direction):
            self._count(state, PendingCrossing(t, gate, direction, state.trajectory, state.trajectory))

    def _has_crossed(self, state: GateState, gate: Gate, boxes: Sequence[Box], distances: Sequence[float]) -> bool:
        """Whether the road user moved over a gate, and not only an edge of its box; far enough for a return.

        boxes: of its path. distances: of the part of it since it came to the former side.
        """
        distance = distances[-1]
        returning = any(gate_id == gate.id for gate_id, _ in state.counted)
        if returning and abs(distance) < RETURN_MARGIN_HEIGHTS * state.trajectory.height:
            return False
        behind = next((n for n, before in enumerate(reversed(distances)) if before * distance <= 0), None)
        if behind is None:
            return True
        u, v = gate_normal(gate)
        normal = (u, v) if distance > 0 else (-u, -v)
        return moved_as_a_whole(boxes[:-behind][-BOXES:], boxes[-behind:][-BOXES:], normal, self._image_size)

    def _count(self, state: GateState, crossing: PendingCrossing) -> None:
        state.counted[crossing.gate.id, crossing.direction] = crossing
        self._pending.append(crossing)
        self._recent.append(crossing)

    def _undo(self, state: GateState, crossing: PendingCrossing) -> None:
        """Remove a crossing that was not emitted: the road user turned back on the line."""
        del state.counted[crossing.gate.id, crossing.direction]
        self._pending = [other for other in self._pending if other is not crossing]
        self._held = [(other, fact) for other, fact in self._held if other is not crossing]
        if crossing in self._recent:
            self._recent.remove(crossing)

    def _count_before_first(self, t: float) -> None:
        """Count gates crossed before the first detection, for tracks that are long enough by now."""
        known = [s for s in self._new.values() if t - s.trajectory.first_seen >= FIT_S]
        for state in known:
            del self._new[state.trajectory.track]
            self._count_extrapolated(state, extrapolate_before_first(state.trajectory))

    def _count_after_last(self, t: float) -> None:
        """Count gates crossed after the last detection, for tracks without a recent one."""
        expired = [s for s in self._in_view.values() if t - s.trajectory.last_seen >= SETTLE_S]
        for state in expired:
            del self._in_view[state.trajectory.track]
            self._review_sides(state, ENDED_SIGMAS)
            self._count_extrapolated(state, extrapolate_after_last(state.trajectory))

    def _count_extrapolated(self, state: GateState, segment: ExtrapolatedSegment | None) -> None:
        if segment is None:
            return
        for t, gate, direction in self._geometry.crossings(segment, state.trajectory.height):
            crossing = PendingCrossing(t, gate, direction, state.trajectory, state.trajectory)
            if (
                t >= self._observed_since
                and state.may_count(gate.id, direction)
                and not any(is_same_crossing(crossing, other) for other in self._recent)
            ):
                self._count(state, crossing)

    def pop_settled(self, t: float) -> list[Crossing]:
        """Crossings that have settled by `t`, of road users that passed or are no longer seen."""
        ready = [p for p in self._pending if t - p.t >= SETTLE_S]
        if ready:
            self._pending = [p for p in self._pending if t - p.t < SETTLE_S]
            self._held += self._confirmed(ready)
        if not self._held:
            return []
        waiting = [(p, fact) for p, fact in self._held if not p.passed and may_turn_back(p.latest, t)]
        released = [(p, fact) for p, fact in self._held if (p, fact) not in waiting]
        self._held = waiting
        return _emit(released)

    def _confirmed(self, crossings: Iterable[PendingCrossing]) -> list[tuple[PendingCrossing, Crossing]]:
        """Return the crossings that count: all except of tracks with little confidence, and each vehicle only once.

        Tracks with little confidence are mostly false detections.
        """
        confirmed = []
        for crossing in crossings:
            crossing.reported = crossing.confidence >= MIN_SUMMED_CONFIDENCE and not any(
                counts_instead(other, crossing) for other in self._recent
            )
            if crossing.reported:
                confirmed.append((crossing, self._crossing(crossing)))
        return confirmed

    def _crossing(self, crossing: PendingCrossing) -> Crossing:
        speed = speed_at(crossing.trajectory, crossing.t) if self._calibrated else None
        return Crossing(
            t=crossing.t,
            gate=crossing.gate.id,
            direction=crossing.direction,
            road_user=crossing.trajectory.road_user,
            track=crossing.trajectory.track,
            speed_kmh=None if speed is None else speed.kmh,
            speed_sigma_kmh=None if speed is None else speed.sigma_kmh,
        )

    def drop(self, expired: Iterable[Trajectory]) -> None:
        for trajectory in expired:
            if (in_view := self._in_view.pop(trajectory.track, None)) is not None:
                self._review_sides(in_view, ENDED_SIGMAS)
            state = self._states.pop(trajectory.track, None)
            if self._new.pop(trajectory.track, None) is not None and state is not None:
                self._count_extrapolated(state, extrapolate_before_first(trajectory))

    def finish(self) -> list[Crossing]:
        """Report all pending crossings, because no more frames follow."""
        for state in self._in_view.values():
            self._review_sides(state, ENDED_SIGMAS)
        self._count_before_first(inf)
        ready, self._pending = self._pending, []
        held, self._held = self._held, []
        return _emit([*held, *self._confirmed(ready)])


def _emit(crossings: Iterable[tuple[PendingCrossing, Crossing]]) -> list[Crossing]:
    """Mark crossings as emitted, and return their facts."""
    facts = []
    for crossing, fact in crossings:
        crossing.emitted = True
        facts.append(fact)
    return facts
