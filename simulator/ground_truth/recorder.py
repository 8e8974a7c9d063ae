"""What really happened before one camera, from the simulation itself: the measure of what the city says about it.

A road user stands at the bottom centre of its exact box, clipped to the picture, as in `Detections`: a perfect
detector and tracker would report these crossings. What the camera could not see is not in it: who crosses a gate behind
others is not asked for, and of the time in which the camera showed nothing, or something else, there is no truth.
In a zone, a vehicle counts from when it first showed there until it leaves, hidden or not: where it went is known, for
it did not come out. Who stands behind a bus and never showed, nobody can know of.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.camera import Camera, Gate
from analytics.facts import Direction, IncidentType
from analytics.flow.congestion_level import (
    BOUNDARIES,
    MIN_VEHICLES_FOR_CONGESTION,
    SIGNAL_WINDOW_S,
    WINDOW_S,
    RollingSpeed,
    level_at,
)
from analytics.flow.free_flow import LIMIT_SHARE
from analytics.geometry.plane import segments_cross, side_of_line
from analytics.geometry.zone_index import ZoneIndex
from analytics.ground_truth import GroundTruth, GroundTruthCrossing, GroundTruthIncident, GroundTruthInterval
from analytics.road_users import RoadUser
from simulator.render.projection import ProjectedRoadUsers
from simulator.render.visibility import visible_share
from simulator.world.traffic_state import TrafficState
from simulator.world.vehicle_types import VEHICLE_TYPES

MINUTE_S = 60.0
STANDS_MS = 0.3
CONGESTED_BELOW, RELIEVED_ABOVE = BOUNDARIES[1], BOUNDARIES[0]
GAP_S = 0.5
"""Longer without a look, and nobody knows what happened between."""

HIDDEN_BELOW = 0.3
"""Of a road user's outline; nobody is asked to tell from less that it crossed a gate, or that it is there at all."""

LOOK_AGAIN_S = 0.4
"""How often it is looked whether somebody hidden shows: it takes a few milliseconds."""

AREA_MARGIN_PX = 12.0
"""Around the boxes of those who take part in an incident."""

CLEARED_S = 10.0
"""After a collision, those who collided drive off one after the other."""

JAM_PAUSE_S = 30.0
"""A jam that comes back so soon was never over."""

ONSET_LAG_S = 30.0
"""A fair alarm may come this long after the rolling speed fell."""


@dataclass
class _Happening:
    """An incident that may still be on. area: (x1, y1, x2, y2) pixels, of all who took part so far."""

    type: IncidentType
    keys: tuple[int, ...]
    zone: str | None
    start_s: float
    last_s: float
    area: NDArray[np.float64] | None = None


@dataclass
class _Tally:
    """One zone over one minute: seconds and metres that vehicles spent and drove in it, and who they were."""

    seconds: float = 0.0
    metres: float = 0.0
    observed_s: float = 0.0
    keys: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class _Seen:
    """One look at the road users in view: arrays and lists of the same length. inside: (N, Z) by zone."""

    t: float
    step_s: float
    projected: ProjectedRoadUsers
    keys: list[int]
    users: list[RoadUser]
    speed: NDArray[np.float64]
    spots: NDArray[np.float64]
    inside: NDArray[np.bool_]


class GroundTruthRecorder:
    """Watches one camera's moments in order; `truth` says what was seen so far.

    Times count from moment 0. into_minute_s: how far into a minute that was, where minutes are to be those of a clock.
    """

    def __init__(self, camera: Camera, *, into_minute_s: float = 0.0) -> None:
        self._camera = camera
        self._into_minute_s = into_minute_s
        self._zones = ZoneIndex(camera.zones)
        self._t = 0.0
        self._spots: dict[int, NDArray[np.float64]] = {}
        self._shown: set[tuple[int, int]] = set()
        self._hidden: set[tuple[int, int]] = set()
        self._look_again_at = 0.0
        self._crossed: set[tuple[int, str, Direction]] = set()
        self._crossings: list[GroundTruthCrossing] = []
        self._tallies: dict[tuple[str, int], _Tally] = defaultdict(_Tally)
        self._rolling = {
            zone.id: RollingSpeed(SIGNAL_WINDOW_S if zone.signal_controlled else WINDOW_S) for zone in camera.zones
        }
        self._happenings: list[_Happening] = []
        self._jams: list[tuple[_Happening, bool]] = []
        self._unseen: list[tuple[float, float]] = []

    @property
    def crossings(self) -> list[GroundTruthCrossing]:
        return self._crossings

    def update(self, state: TrafficState, projected: ProjectedRoadUsers) -> None:
        t, step = state.t, state.t - self._t
        self._t = t
        if step > GAP_S:
            self._unseen.append((t - step, t))
            self._spots, step = {}, 0.0
        spots = foot_points(projected, self._camera.image_size)
        seen = _Seen(
            t=t,
            step_s=step,
            projected=projected,
            keys=state.keys[projected.chosen].tolist(),
            users=[VEHICLE_TYPES[k].road_user for k in state.type_index[projected.chosen]],
            speed=state.speed[projected.chosen],
            spots=spots,
            inside=self._zones.membership(spots),
        )
        for gate in self._camera.gates:
            self._cross(gate, seen)
        self._travel(seen)
        self._notice(state, seen)
        self._spots = dict(zip(seen.keys, spots, strict=True))

    def _cross(self, gate: Gate, seen: _Seen) -> None:
        sides = side_of_line(gate.p1, gate.p2, seen.spots)
        for i, key in enumerate(seen.keys):
            before = self._spots.get(key)
            if before is None:
                continue
            was, now = float(side_of_line(gate.p1, gate.p2, before[None])[0]), float(sides[i])
            direction = Direction.A if was < 0 else Direction.B
            crosses = was * now < 0 and segments_cross(before, seen.spots[i], gate.p1, gate.p2)
            if not crosses or (key, gate.id, direction) in self._crossed:
                continue
            self._crossed.add((key, gate.id, direction))
            self._crossings.append(
                GroundTruthCrossing(
                    t=seen.t - seen.step_s * abs(now) / (abs(was) + abs(now)),
                    gate=gate.id,
                    direction=direction,
                    road_user=seen.users[i],
                    optional=bool(visible_share(seen.projected)[i] < HIDDEN_BELOW),
                    speed_kmh=float(seen.speed[i]) * 3.6,
                )
            )

    def _travel(self, seen: _Seen) -> None:
        there = self._known_inside(seen)
        for z, zone in enumerate(self._camera.zones):
            here = there[:, z]
            seconds, metres = seen.step_s * int(here.sum()), seen.step_s * float(seen.speed[here].sum())
            self._rolling[zone.id].add(seen.t, seen.step_s, seconds, metres)
            tally = self._tallies[zone.id, int((seen.t + self._into_minute_s) // MINUTE_S)]
            tally.seconds, tally.metres = tally.seconds + seconds, tally.metres + metres
            tally.observed_s += seen.step_s
            tally.keys |= {key for key, is_here in zip(seen.keys, here, strict=True) if is_here}

    def _known_inside(self, seen: _Seen) -> NDArray[np.bool_]:
        """(N, Z) the vehicles in each zone that have shown there, now or before."""
        vehicle = np.array([user is not RoadUser.PERSON for user in seen.users], dtype=bool)
        places = np.argwhere(seen.inside & vehicle[:, None]).tolist()
        there = {(seen.keys[i], z) for i, z in places}
        hidden = there - self._shown
        if hidden and (seen.t >= self._look_again_at or not hidden <= self._hidden):
            self._look_again_at = seen.t + LOOK_AGAIN_S
            shows = visible_share(seen.projected) >= HIDDEN_BELOW
            self._shown |= {(seen.keys[i], z) for i, z in places if shows[i]}
        self._shown &= there
        self._hidden = there - self._shown
        known = np.zeros(seen.inside.shape, dtype=bool)
        for i, z in places:
            known[i, z] = (seen.keys[i], z) in self._shown
        return known

    def _notice(self, state: TrafficState, seen: _Seen) -> None:
        """Starts and ends of incidents, as they could be seen, not as they were planned."""
        place = {key: i for i, key in enumerate(seen.keys) if seen.inside[i].any()}
        for kind, cast in state.active_incidents:
            if kind is IncidentType.CONGESTION or not all(key in place for key in cast):
                continue
            stands = kind in (IncidentType.STOPPED_VEHICLE, IncidentType.COLLISION)
            if stands and max(seen.speed[place[key]] for key in cast) > STANDS_MS:
                continue
            zone = self._camera.zones[int(np.argmax(seen.inside[place[cast[0]]]))].id
            boxes = seen.projected.box[[place[key] for key in cast]]
            area = np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])
            self._keep(_Happening(kind, cast, zone, seen.t, seen.t, area))
        self._notice_jams(seen.t, staged=any(kind is IncidentType.CONGESTION for kind, _ in state.active_incidents))

    def _keep(self, seen: _Happening) -> None:
        for known in self._happenings:
            if known.keys == seen.keys:
                known.last_s = seen.last_s
                if known.area is not None and seen.area is not None:
                    known.area = np.concatenate(
                        [np.minimum(known.area[:2], seen.area[:2]), np.maximum(known.area[2:], seen.area[2:])]
                    )
                return
        self._happenings.append(seen)

    def _notice_jams(self, t: float, *, staged: bool) -> None:
        for zone in self._camera.zones:
            share = self._relative_speed(zone.id)
            open_jam = next((j for j, _ in self._jams if j.zone == zone.id and j.last_s >= t - JAM_PAUSE_S), None)
            if open_jam is not None and share < RELIEVED_ABOVE:
                open_jam.last_s = t
            elif open_jam is None and share < CONGESTED_BELOW:
                wanted = staged and not zone.signal_controlled
                self._jams.append((_Happening(IncidentType.CONGESTION, (), zone.id, t, t), wanted))

    def _relative_speed(self, zone_id: str) -> float:
        """1 where too few travel for a jam."""
        reading = self._rolling[zone_id].read()
        if reading is None or reading.speed_ms is None or reading.vehicles < MIN_VEHICLES_FOR_CONGESTION:
            return 1.0
        return reading.speed_ms / self._free_flow_ms

    @property
    def _free_flow_ms(self) -> float:
        return LIMIT_SHARE * (self._camera.speed_limit_kmh or 50.0) / 3.6

    def drop_before(self, before_s: float) -> None:
        """What was over by then; who crossed and is out of the picture does not cross again."""
        self._crossings = [c for c in self._crossings if c.t >= before_s]
        self._crossed = {crossed for crossed in self._crossed if crossed[0] in self._spots}
        self._unseen = [(start, end) for start, end in self._unseen if end >= before_s]
        self._happenings = [h for h in self._happenings if h.last_s >= before_s]
        self._jams = [(jam, staged) for jam, staged in self._jams if jam.last_s >= before_s]
        first = int((before_s + self._into_minute_s) // MINUTE_S)
        for zone, minute in [key for key in self._tallies if key[1] < first]:
            del self._tallies[zone, minute]

    def ground_truth(self, until_s: float | None = None) -> GroundTruth:
        """Until the last moment, or `until_s`.

        Jams that the script did not ask for are real, but neither asked for nor, at any time while they last, held
        against anybody; and who has collided stands in the road, which may be said, too.
        """
        now = self._t if until_s is None else until_s
        wanted = [_incident(h, self._t) for h in self._happenings]
        wanted += [_incident(jam, self._t) for jam, staged in self._jams if staged]
        unasked = [jam for jam, staged in self._jams if not staged]
        real = [
            replace(_incident(jam, self._t), onset_s=(jam.start_s - ONSET_LAG_S, jam.last_s + ONSET_LAG_S))
            for jam in unasked
        ]
        real += [
            replace(i, type=IncidentType.STOPPED_VEHICLE, end_s=None if i.end_s is None else i.end_s + CLEARED_S)
            for i in wanted
            if i.type is IncidentType.COLLISION
        ]
        return GroundTruth(
            duration_s=now,
            crossings=tuple(sorted(self._crossings, key=lambda c: c.t)),
            incidents=tuple(sorted(wanted, key=lambda i: i.start_s)),
            ignored_incidents=tuple(sorted(real, key=lambda i: i.start_s)),
            intervals=tuple(self._interval(zone, minute) for zone, minute in sorted(self._tallies)),
            unseen=(*self._unseen, *([(self._t, now)] if now - self._t > GAP_S else [])),
        )

    def _interval(self, zone_id: str, minute: int) -> GroundTruthInterval:
        tally = self._tallies[zone_id, minute]
        zone = next(zone for zone in self._camera.zones if zone.id == zone_id)
        length_m, lanes, observed = zone.length_m or 1.0, zone.lanes or 1, max(tally.observed_s, 1e-6)
        speed_ms = tally.metres / tally.seconds if tally.seconds > 1 else None
        return GroundTruthInterval(
            zone=zone_id,
            start_s=minute * MINUTE_S - self._into_minute_s,
            vehicles=len(tally.keys),
            flow_veh_h=tally.metres / length_m / observed * 3600,
            speed_kmh=None if speed_ms is None else speed_ms * 3.6,
            density_veh_km_lane=tally.seconds / observed / (length_m / 1000) / lanes,
            level=level_at(
                None if speed_ms is None else speed_ms / self._free_flow_ms,
                max(len(tally.keys), tally.seconds / observed),
            ),
        )


def foot_points(projected: ProjectedRoadUsers, image_size: tuple[int, int]) -> NDArray[np.float64]:
    """(N, 2) bottom centre of each box, clipped to the picture."""
    box = np.clip(projected.box, 0, np.tile(image_size, 2))
    return np.stack([(box[:, 0] + box[:, 2]) / 2, box[:, 3]], axis=1)


def _incident(announcement: _Happening, now: float) -> GroundTruthIncident:
    over = now - announcement.last_s > 1.0
    jam = announcement.type is IncidentType.CONGESTION
    return GroundTruthIncident(
        type=announcement.type,
        start_s=announcement.start_s,
        end_s=announcement.last_s if over else None,
        zone=announcement.zone,
        onset_s=(announcement.start_s - ONSET_LAG_S, announcement.start_s + ONSET_LAG_S) if jam else None,
        area=None if announcement.area is None else _widened(announcement.area),
    )


def _widened(area: NDArray[np.float64]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (area + AREA_MARGIN_PX * np.array([-1, -1, 1, 1])).tolist()
    return x1, y1, x2, y2


def ground_truth_json(truth: GroundTruth) -> dict[str, Any]:
    """As `pipelines.recordings.evaluate.ground_truth_io` reads it."""
    return {
        "duration_s": round(truth.duration_s, 3),
        "crossings": [
            {
                "t": round(c.t, 3),
                "gate": c.gate,
                "direction": c.direction.value,
                "class": c.road_user.value,
                "speed_kmh": None if c.speed_kmh is None else round(c.speed_kmh, 2),
                "optional": c.optional,
            }
            for c in truth.crossings
        ],
        "incidents": [_incident_json(i) for i in truth.incidents],
        "ignored_incidents": [_incident_json(i) for i in truth.ignored_incidents],
        "intervals": [
            {
                "zone": i.zone,
                "start_s": i.start_s,
                "vehicles": i.vehicles,
                "flow_veh_h": _rounded(i.flow_veh_h),
                "speed_kmh": _rounded(i.speed_kmh),
                "density_veh_km_lane": _rounded(i.density_veh_km_lane),
                "level_by_speed": None if i.level is None else i.level.value,
            }
            for i in truth.intervals
        ],
        "unseen": [[round(start, 2), round(end, 2)] for start, end in truth.unseen],
    }


def _incident_json(incident: GroundTruthIncident) -> dict[str, Any]:
    return {
        "type": incident.type.value,
        "start_s": round(incident.start_s, 2),
        "end_s": None if incident.end_s is None else round(incident.end_s, 2),
        "zone": incident.zone,
        "onset_range_s": None if incident.onset_s is None else [round(s, 2) for s in incident.onset_s],
        "area": None if incident.area is None else [round(pixel, 1) for pixel in incident.area],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
