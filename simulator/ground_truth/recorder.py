"""Ground truth of one camera, recorded from the simulation, against which the results of Simpang are scored.

The position of a road user is the bottom centre of its exact box, clipped to the image, as in `Detections`. A perfect
detector and tracker would therefore report these crossings.

What the camera cannot show is excluded. A crossing behind other road users is optional, and times in which the camera
sent no or wrong frames are marked as unseen. A vehicle counts in a zone from its first visible frame there until it
leaves, even while it is occluded.

The computation shares only the vocabulary of `analytics` with the code that it judges; see
docs/adr/0070-independent-oracle.md.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from analytics.camera import Camera, Gate
from analytics.facts import Direction, IncidentType
from analytics.ground_truth import GroundTruth, GroundTruthCrossing, GroundTruthIncident, GroundTruthInterval
from analytics.road_users import RoadUser
from simulator.ground_truth.congestion_rule import (
    DENSE_FROM,
    FREE_FLOW_SHARE,
    FREE_FROM,
    SIGNAL_WINDOW_S,
    WINDOW_S,
    SpeedWindow,
    level_of,
)
from simulator.ground_truth.gate_geometry import gate_direction, gate_intersection, inside_polygon
from simulator.render.projection import ProjectedRoadUsers
from simulator.render.visibility import visible_share
from simulator.world.traffic_state import TrafficState
from simulator.world.vehicle_types import VEHICLE_TYPES

MINUTE_S = 60.0
"""Length of an interval, seconds."""

STATIONARY_BELOW_MS = 0.3
"""Speed below which a vehicle of a breakdown or collision is stationary, m/s [assumption]."""

CONGESTED_BELOW, RELIEVED_ABOVE = DENSE_FROM, FREE_FROM
"""Relative speeds at which congestion begins and ends."""

MAX_STEP_S = 0.5
"""A longer time between two states is unseen, seconds: positions in between are unknown [assumption]."""

OCCLUDED_BELOW = 0.3
"""Visible share of the outline below which a crossing is optional and a vehicle is unseen, 0..1 [assumption]."""

VISIBILITY_INTERVAL_S = 0.4
"""Seconds between two checks whether an occluded vehicle is visible; a check takes a few ms [assumption]."""

AREA_MARGIN_PX = 12.0
"""Margin around the boxes of the participants of an incident, pixels [assumption]."""

CLEARED_S = 10.0
"""Seconds after a collision in which its vehicles may still be reported as stopped [assumption]."""

CONGESTION_PAUSE_S = 30.0
"""Congestion that returns within this time is the same incident, seconds [assumption]."""

ONSET_TOLERANCE_S = 30.0
"""A correct report of congestion is at most this far from its beginning, seconds [assumption]."""

ENDED_AFTER_S = 1.0
"""An incident that was not observed for this time has ended, seconds [assumption]."""

DEFAULT_SPEED_LIMIT_KMH = 50.0
"""Speed limit of a camera without one, km/h [assumption]."""


@dataclass
class _OpenIncident:
    """An incident that may be in progress. area: x1, y1, x2, y2 in pixels, of all its boxes so far."""

    type: IncidentType
    keys: tuple[int, ...]
    zone: str | None
    start_s: float
    last_s: float
    area: NDArray[np.float64] | None = None


@dataclass
class _ZoneMinute:
    """Totals of one zone over one minute. seconds, metres: vehicle time and distance. keys: its vehicles."""

    seconds: float = 0.0
    metres: float = 0.0
    observed_s: float = 0.0
    keys: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class _Observation:
    """Road users in the image at one time step; N entries each. inside: (N, Z), by zone. pixels: (N, 2)."""

    t: float
    step_s: float
    projected: ProjectedRoadUsers
    keys: list[int]
    users: list[RoadUser]
    speed: NDArray[np.float64]
    pixels: NDArray[np.float64]
    inside: NDArray[np.bool_]


class GroundTruthRecorder:
    """Records the ground truth of one camera from successive traffic states.

    Times are seconds from second 0 of the simulation. into_minute_s: seconds from the last full minute of the clock
    to second 0, so that intervals are minutes of the clock.
    """

    def __init__(self, camera: Camera, *, into_minute_s: float = 0.0) -> None:
        self._camera = camera
        self._into_minute_s = into_minute_s
        self._t = 0.0
        self._pixels: dict[int, NDArray[np.float64]] = {}
        self._visible: set[tuple[int, int]] = set()
        self._occluded: set[tuple[int, int]] = set()
        self._next_check_s = 0.0
        self._crossed: set[tuple[int, str, Direction]] = set()
        self._crossings: list[GroundTruthCrossing] = []
        self._minutes: dict[tuple[str, int], _ZoneMinute] = defaultdict(_ZoneMinute)
        self._windows = {
            zone.id: SpeedWindow(SIGNAL_WINDOW_S if zone.signal_controlled else WINDOW_S) for zone in camera.zones
        }
        self._incidents: list[_OpenIncident] = []
        self._congestions: list[tuple[_OpenIncident, bool]] = []
        self._unseen: list[tuple[float, float]] = []

    @property
    def crossings(self) -> list[GroundTruthCrossing]:
        """Crossings so far, in the order of their observation."""
        return self._crossings

    def update(self, state: TrafficState, projected: ProjectedRoadUsers) -> None:
        """Record one state. A step of more than `MAX_STEP_S` since the last one is unseen time."""
        t, step = state.t, state.t - self._t
        self._t = t
        if step > MAX_STEP_S:
            self._unseen.append((t - step, t))
            self._pixels, step = {}, 0.0
        pixels = foot_points(projected, self._camera.image_size)
        inside = [[inside_polygon(zone.polygon, pixel) for zone in self._camera.zones] for pixel in pixels]
        seen = _Observation(
            t=t,
            step_s=step,
            projected=projected,
            keys=state.keys[projected.chosen].tolist(),
            users=[VEHICLE_TYPES[k].road_user for k in state.type_index[projected.chosen]],
            speed=state.speed[projected.chosen],
            pixels=pixels,
            inside=np.array(inside, dtype=bool).reshape(len(pixels), len(self._camera.zones)),
        )
        for gate in self._camera.gates:
            self._record_crossings(gate, seen)
        self._record_travel(seen)
        self._record_incidents(state, seen)
        self._pixels = dict(zip(seen.keys, pixels, strict=True))

    def _record_crossings(self, gate: Gate, seen: _Observation) -> None:
        for i, key in enumerate(seen.keys):
            before, now = self._pixels.get(key), seen.pixels[i]
            fraction = None if before is None else gate_intersection(before, now, gate.p1, gate.p2)
            if before is None or fraction is None:
                continue
            direction = gate_direction(now - before, gate.p1, gate.p2)
            if (key, gate.id, direction) in self._crossed:
                continue
            self._crossed.add((key, gate.id, direction))
            self._crossings.append(
                GroundTruthCrossing(
                    t=seen.t - seen.step_s * (1 - fraction),
                    gate=gate.id,
                    direction=direction,
                    road_user=seen.users[i],
                    optional=bool(visible_share(seen.projected)[i] < OCCLUDED_BELOW),
                    speed_kmh=float(seen.speed[i]) * 3.6,
                )
            )

    def _record_travel(self, seen: _Observation) -> None:
        there = self._known_inside(seen)
        for z, zone in enumerate(self._camera.zones):
            here = there[:, z]
            seconds, metres = seen.step_s * int(here.sum()), seen.step_s * float(seen.speed[here].sum())
            self._windows[zone.id].add(seen.t, seen.step_s, seconds, metres)
            minute = self._minutes[zone.id, int((seen.t + self._into_minute_s) // MINUTE_S)]
            minute.seconds, minute.metres = minute.seconds + seconds, minute.metres + metres
            minute.observed_s += seen.step_s
            minute.keys |= {key for key, is_here in zip(seen.keys, here, strict=True) if is_here}

    def _known_inside(self, seen: _Observation) -> NDArray[np.bool_]:
        """Vehicles (N, Z) in each zone that are, or were, visible there."""
        vehicle = np.array([user is not RoadUser.PERSON for user in seen.users], dtype=bool)
        places = np.argwhere(seen.inside & vehicle[:, None]).tolist()
        there = {(seen.keys[i], z) for i, z in places}
        occluded = there - self._visible
        if occluded and (seen.t >= self._next_check_s or not occluded <= self._occluded):
            self._next_check_s = seen.t + VISIBILITY_INTERVAL_S
            is_visible = visible_share(seen.projected) >= OCCLUDED_BELOW
            self._visible |= {(seen.keys[i], z) for i, z in places if is_visible[i]}
        self._visible &= there
        self._occluded = there - self._visible
        known = np.zeros(seen.inside.shape, dtype=bool)
        for i, z in places:
            known[i, z] = (seen.keys[i], z) in self._visible
        return known

    def _record_incidents(self, state: TrafficState, seen: _Observation) -> None:
        """Record beginnings and ends of incidents as visible in the image, not as planned."""
        index = {key: i for i, key in enumerate(seen.keys) if seen.inside[i].any()}
        for kind, keys in state.active_incidents:
            if kind is IncidentType.CONGESTION or not all(key in index for key in keys):
                continue
            is_stationary = kind in (IncidentType.STOPPED_VEHICLE, IncidentType.COLLISION)
            if is_stationary and max(seen.speed[index[key]] for key in keys) > STATIONARY_BELOW_MS:
                continue
            zone = self._camera.zones[int(np.argmax(seen.inside[index[keys[0]]]))].id
            boxes = seen.projected.box[[index[key] for key in keys]]
            area = np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])
            self._open_or_extend(_OpenIncident(kind, keys, zone, seen.t, seen.t, area))
        planned = any(kind is IncidentType.CONGESTION for kind, _ in state.active_incidents)
        self._record_congestion(seen.t, planned=planned)

    def _open_or_extend(self, seen: _OpenIncident) -> None:
        for known in self._incidents:
            if known.keys == seen.keys:
                known.last_s = seen.last_s
                if known.area is not None and seen.area is not None:
                    known.area = np.concatenate(
                        [np.minimum(known.area[:2], seen.area[:2]), np.maximum(known.area[2:], seen.area[2:])]
                    )
                return
        self._incidents.append(seen)

    def _record_congestion(self, t: float, *, planned: bool) -> None:
        earliest_s = t - CONGESTION_PAUSE_S
        for zone in self._camera.zones:
            speed_ms = self._windows[zone.id].congested_speed_ms()
            relative = 1.0 if speed_ms is None else speed_ms / self._free_flow_ms
            current = next((c for c, _ in self._congestions if c.zone == zone.id and c.last_s >= earliest_s), None)
            if current is not None and relative < RELIEVED_ABOVE:
                current.last_s = t
            elif current is None and relative < CONGESTED_BELOW:
                congestion = _OpenIncident(IncidentType.CONGESTION, (), zone.id, t, t)
                self._congestions.append((congestion, planned and not zone.signal_controlled))

    @property
    def _free_flow_ms(self) -> float:
        return FREE_FLOW_SHARE * (self._camera.speed_limit_kmh or DEFAULT_SPEED_LIMIT_KMH) / 3.6

    def drop_before(self, before_s: float) -> None:
        """Drop all entries that ended before `before_s`, and the crossing history of road users out of the image."""
        self._crossings = [c for c in self._crossings if c.t >= before_s]
        self._crossed = {crossed for crossed in self._crossed if crossed[0] in self._pixels}
        self._unseen = [(start, end) for start, end in self._unseen if end >= before_s]
        self._incidents = [i for i in self._incidents if i.last_s >= before_s]
        self._congestions = [(c, planned) for c, planned in self._congestions if c.last_s >= before_s]
        first = int((before_s + self._into_minute_s) // MINUTE_S)
        for zone, minute in [key for key in self._minutes if key[1] < first]:
            del self._minutes[zone, minute]

    def ground_truth(self, until_s: float | None = None) -> GroundTruth:
        """Ground truth until `until_s`; None stands for the newest state.

        Congestion that the scenario did not plan is ignored: it need not be reported, and a report while it lasts is
        no false alarm. The vehicles of a collision may also be reported as stopped vehicles.
        """
        now = self._t if until_s is None else until_s
        expected = [_incident(i, self._t) for i in self._incidents]
        expected += [_incident(c, self._t) for c, planned in self._congestions if planned]
        unplanned = [c for c, planned in self._congestions if not planned]
        ignored = [
            replace(_incident(c, self._t), onset_s=(c.start_s - ONSET_TOLERANCE_S, c.last_s + ONSET_TOLERANCE_S))
            for c in unplanned
        ]
        ignored += [
            replace(i, type=IncidentType.STOPPED_VEHICLE, end_s=None if i.end_s is None else i.end_s + CLEARED_S)
            for i in expected
            if i.type is IncidentType.COLLISION
        ]
        return GroundTruth(
            duration_s=now,
            crossings=tuple(sorted(self._crossings, key=lambda c: c.t)),
            incidents=tuple(sorted(expected, key=lambda i: i.start_s)),
            ignored_incidents=tuple(sorted(ignored, key=lambda i: i.start_s)),
            intervals=tuple(self._interval(zone, minute) for zone, minute in sorted(self._minutes)),
            unseen=(*self._unseen, *([(self._t, now)] if now - self._t > MAX_STEP_S else [])),
        )

    def _interval(self, zone_id: str, minute: int) -> GroundTruthInterval:
        totals = self._minutes[zone_id, minute]
        zone = next(zone for zone in self._camera.zones if zone.id == zone_id)
        length_m, lanes, observed = zone.length_m or 1.0, zone.lanes or 1, max(totals.observed_s, 1e-6)
        speed_ms = totals.metres / totals.seconds if totals.seconds > 1 else None
        return GroundTruthInterval(
            zone=zone_id,
            start_s=minute * MINUTE_S - self._into_minute_s,
            vehicles=len(totals.keys),
            flow_veh_h=totals.metres / length_m / observed * 3600,
            speed_kmh=None if speed_ms is None else speed_ms * 3.6,
            density_veh_km_lane=totals.seconds / observed / (length_m / 1000) / lanes,
            level=level_of(
                None if speed_ms is None else speed_ms / self._free_flow_ms,
                max(len(totals.keys), totals.seconds / observed),
            ),
        )


def foot_points(projected: ProjectedRoadUsers, image_size: tuple[int, int]) -> NDArray[np.float64]:
    """Bottom centre (N, 2) of each box, pixels, clipped to the image."""
    box = np.clip(projected.box, 0, np.tile(image_size, 2))
    return np.stack([(box[:, 0] + box[:, 2]) / 2, box[:, 3]], axis=1)


def _incident(incident: _OpenIncident, now: float) -> GroundTruthIncident:
    has_ended = now - incident.last_s > ENDED_AFTER_S
    onset_s = incident.start_s - ONSET_TOLERANCE_S, incident.start_s + ONSET_TOLERANCE_S
    return GroundTruthIncident(
        type=incident.type,
        start_s=incident.start_s,
        end_s=incident.last_s if has_ended else None,
        zone=incident.zone,
        onset_s=onset_s if incident.type is IncidentType.CONGESTION else None,
        area=None if incident.area is None else _widened(incident.area),
    )


def _widened(area: NDArray[np.float64]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (area + AREA_MARGIN_PX * np.array([-1, -1, 1, 1])).tolist()
    return x1, y1, x2, y2
