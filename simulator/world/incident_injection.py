"""Injection of the planned incidents into the running SUMO simulation, on the observed arm."""

from dataclasses import dataclass, replace
from math import atan2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.facts import IncidentType
from simulator.world.scenario import IncidentPlan, Scenario
from simulator.world.sites import ARM_M, LANE_M, MEDIAN_M, Arm, Site
from simulator.world.sumo_vehicles import following_pairs, gap_between, vehicles_on_arm
from simulator.world.vehicle_types import PEDESTRIAN, VEHICLE_TYPE_INDEX

NEAR_M, FAR_M = 22.0, 42.0
"""Range of breakdowns and collisions, metres from the junction along the arm: inside the image [assumption]."""

COMFORTABLE_BRAKING_MS2, EMERGENCY_BRAKING_MS2 = 4.2, 8.0
"""Deceleration of a breakdown and of an emergency stop, m/s² [source: `decel`, `emergencyDecel` in vehicle_types]."""

MIN_FOLLOWER_SPEED_MS, CRASH_SPEED_MS = 9.0, 12.0
"""Smallest speed of the rear vehicle before a collision, and from its start until the impact, m/s [assumption]."""

INSERT_AHEAD_S, GREEN_AHEAD_S = 10.0, 4.0
"""Seconds before a planned incident at which its vehicles are inserted and their signal turns green [assumption]."""

LARGE_ONLY_S, WAIT_FOR_TYPE_S = 8.0, 25.0
"""Seconds that a collision waits for two large vehicles, and a breakdown for the planned vehicle [assumption]."""

_VEHICLES_NEEDED = {IncidentType.STOPPED_VEHICLE: 1, IncidentType.COLLISION: 2}
"""Number of vehicles that an incident of each type inserts."""

QUEUE_FROM_M, QUEUE_SPEED_MS, QUEUE_DEMAND_FACTOR = 62.0, 0.3, 2.2
"""Congestion: vehicles beyond this distance (m) drive at this speed (m/s); factor on the inbound flow [assumption]."""

RIDE_FROM_M, RIDE_MS = 95.0, 6.5
"""Wrong-way rider: first distance from the junction, metres, and speed, m/s [assumption]."""

WALK_FROM_M, WALK_MS, STEP_ASIDE_S = 24.0, 0.7, 3.0
"""Pedestrian on the road: first distance (m), speed (m/s) and seconds to step onto the road and off [assumption]."""

_INJECTED_ID_START = 1_000_000
"""First identifier of injected road users; regular traffic is numbered from 1."""

_NO_LANE_CHANGES, _SPEED_BY_SUMO = 0, -1
"""Lane change mode without any change, and speed that returns control to SUMO [source: SUMO TraCI]."""

_GIVE_UP_S = 90.0
"""A planned incident is dropped when no suitable vehicle came within this time, seconds [assumption]."""

_DEFAULT_SPEED_MODE, _DEFAULT_LANE_CHANGE_MODE = 31, 1621
"""Modes of SUMO's regular driving: all speed checks, all lane changes [source: SUMO TraCI]."""


@dataclass(frozen=True, slots=True)
class InjectedRoadUser:
    """A road user that SUMO does not simulate. key, type_index, xy, heading, speed: as in `TrafficState`."""

    key: int
    type_index: int
    xy: NDArray[np.float64]
    heading: float
    speed: float


class IncidentInjector:
    """Starts and ends the planned incidents of a scenario.

    An incident that needs a vehicle at a certain position starts when there is one, at most `_GIVE_UP_S` late.
    """

    def __init__(self, sumo: Any, site: Site, scenario: Scenario) -> None:
        self._sumo = sumo
        self._arm = site.observed_arm
        self._edge = f"{self._arm.id}_out"
        self._opposite = min(site.arms, key=lambda arm: float(arm.outward @ self._arm.outward))
        self._pending = list(scenario.incidents)
        self._active: dict[IncidentPlan, tuple[int, ...]] = {}
        self._colliding: dict[IncidentPlan, tuple[str, str]] = {}
        self._inserted: set[IncidentPlan] = set()
        self._signalled: set[IncidentPlan] = set()
        self._slowed: set[str] = set()
        self._pedestrians: dict[int, tuple[float, float]] = {}

    @property
    def broken_down(self) -> list[int]:
        """Keys of the vehicles that have broken down."""
        return [keys[0] for plan, keys in self._active.items() if plan.type is IncidentType.STOPPED_VEHICLE]

    @property
    def active(self) -> tuple[tuple[IncidentType, tuple[int, ...]], ...]:
        """Type and keys of the participants of each incident in progress."""
        return tuple((plan.type, keys) for plan, keys in self._active.items())

    def demand_boost(self, t: float, arm: Arm) -> float:
        """Factor on the inbound flow of `arm` at time `t`: above 1 to feed a queue."""
        jam = any(a.type is IncidentType.CONGESTION and a.start_s - 20 <= t < _end_s(a) for a in self._plans())
        return QUEUE_DEMAND_FACTOR if jam and arm is not self._arm else 1.0

    def _plans(self) -> list[IncidentPlan]:
        return [*self._pending, *self._active]

    def update(self, t: float) -> None:
        """Start and end incidents. Call once before each simulation step."""
        for plan in self._pending:
            if plan.type in _VEHICLES_NEEDED and plan not in self._inserted and plan.start_s - INSERT_AHEAD_S <= t:
                self._insert_vehicles(plan)
            if plan.type in _VEHICLES_NEEDED and plan not in self._signalled and plan.start_s - GREEN_AHEAD_S <= t:
                self._turn_green(plan)
        for plan in [a for a in self._pending if a.start_s <= t]:
            if t > plan.start_s + _GIVE_UP_S:
                self._pending.remove(plan)
                continue
            if (keys := self._start(plan, started := replace(plan, start_s=t))) is not None:
                self._pending.remove(plan)
                self._active[started] = keys
        for plan in [a for a in self._active if t >= _end_s(a)]:
            self._release(plan)
            del self._active[plan]
        for plan, pair in list(self._colliding.items()):
            self._stop_on_impact(plan, *pair)
        if any(plan.type is IncidentType.CONGESTION for plan in self._active):
            self._slow_queue()

    def _start(self, planned: IncidentPlan, plan: IncidentPlan) -> tuple[int, ...] | None:
        """Start an incident; return the keys of its participants, or None where no suitable vehicle is there yet."""
        match plan.type:
            case IncidentType.STOPPED_VEHICLE:
                waits = planned.vehicle is not None and plan.start_s < planned.start_s + WAIT_FOR_TYPE_S
                return self._start_breakdown(_inserted_name(planned) if waits else None)
            case IncidentType.COLLISION:
                return self._start_collision(plan, large_only=plan.start_s < planned.start_s + LARGE_ONLY_S)
            case IncidentType.PERSON_ON_ROAD:
                return self._insert_pedestrian(plan)
            case IncidentType.WRONG_WAY:
                return (_INJECTED_ID_START + round(plan.start_s * 100),)
            case IncidentType.CONGESTION:
                return ()

    def _release(self, plan: IncidentPlan) -> None:
        for key in self._active[plan]:
            if key in self._pedestrians:
                del self._pedestrians[key]
                self._sumo.vehicle.unsubscribe(str(key))
                self._sumo.vehicle.remove(str(key))
            elif str(key) in self._sumo.vehicle.getIDList():
                self._sumo.vehicle.setSpeedMode(str(key), _DEFAULT_SPEED_MODE)
                self._sumo.vehicle.setLaneChangeMode(str(key), _DEFAULT_LANE_CHANGE_MODE)
                self._sumo.vehicle.setSpeed(str(key), _SPEED_BY_SUMO)
        if plan.type is IncidentType.CONGESTION:
            for name in self._slowed & set(self._sumo.vehicle.getIDList()):
                self._sumo.vehicle.setSpeed(name, _SPEED_BY_SUMO)
            self._slowed.clear()

    def _large_vehicles(self) -> list[tuple[float, str]]:
        """Distance from the junction and name of vehicles of at least four wheels, nearest first."""
        found = []
        for name in self._sumo.edge.getLastStepVehicleIDs(self._edge):
            along = float(np.array(self._sumo.vehicle.getPosition(name)) @ self._arm.outward)
            if self._sumo.vehicle.getLength(name) > 3:
                found.append((along, name))
        return sorted(found)

    def _start_breakdown(self, wanted: str | None) -> tuple[int, ...] | None:
        """Stop a vehicle inside the range; return its key. wanted: name of the only vehicle that may be stopped."""
        for along, name in self._large_vehicles():
            if wanted is not None and name != wanted:
                continue
            speed = self._speed(name)
            if speed > 4 and NEAR_M < along + speed**2 / (2 * COMFORTABLE_BRAKING_MS2) < FAR_M - 4:
                self._stop(name)
                return (int(name),)
        return None

    def _stop(self, name: str) -> None:
        self._sumo.vehicle.setLaneChangeMode(name, _NO_LANE_CHANGES)
        self._sumo.vehicle.setSpeed(name, 0)

    def _insert_vehicles(self, plan: IncidentPlan) -> None:
        """Insert the vehicles of an incident in the lane at the median, so that sparse traffic does not prevent it."""
        self._inserted.add(plan)
        lane = f"{self._opposite.lanes_in - 1}"
        for number in range(_VEHICLES_NEEDED[plan.type]):
            name = _inserted_name(plan, number)
            route = f"{self._opposite.id}:{self._arm.id}"
            self._sumo.vehicle.add(
                name, route, plan.vehicle or "mpv", departLane=lane, departPos="base", departSpeed="max"
            )
            self._sumo.vehicle.setLaneChangeMode(name, _NO_LANE_CHANGES)

    def _turn_green(self, plan: IncidentPlan) -> None:
        """Switch the signal to green for traffic that drives straight onto the observed arm."""
        self._signalled.add(plan)
        lights = self._sumo.trafficlight
        for light in lights.getIDList():
            wanted = [
                k
                for k, links in enumerate(lights.getControlledLinks(light))
                if any(a.startswith(f"{self._opposite.id}_in") and b.startswith(self._edge) for a, b, _ in links)
            ]
            for number, phase in enumerate(lights.getAllProgramLogics(light)[0].phases):
                if wanted and all(phase.state[k] in "Gg" for k in wanted):
                    lights.setPhase(light, number)
                    break

    def _start_collision(self, plan: IncidentPlan, *, large_only: bool) -> tuple[int, ...] | None:
        """Start a collision: the leader makes an emergency stop and the follower does not brake; return their keys."""
        for ahead, behind in following_pairs(vehicles_on_arm(self._sumo, self._arm)):
            stops_at = ahead.along + ahead.speed**2 / (2 * EMERGENCY_BRAKING_MS2)
            if not (ahead.along > NEAR_M - 10 and NEAR_M < stops_at < FAR_M - 2 and ahead.speed > 5):
                continue
            if behind.speed < MIN_FOLLOWER_SPEED_MS or (large_only and min(ahead.length, behind.length) < 3):
                continue
            for vehicle in (ahead, behind):
                self._sumo.vehicle.setSpeedMode(vehicle.name, 0)
                self._sumo.vehicle.setLaneChangeMode(vehicle.name, _NO_LANE_CHANGES)
            self._sumo.vehicle.slowDown(ahead.name, 0.0, ahead.speed / EMERGENCY_BRAKING_MS2)
            self._sumo.vehicle.setSpeed(behind.name, max(behind.speed, CRASH_SPEED_MS))
            self._colliding[plan] = ahead.name, behind.name
            return int(ahead.name), int(behind.name)
        return None

    def _stop_on_impact(self, plan: IncidentPlan, ahead: str, behind: str) -> None:
        present = {vehicle.name: vehicle for vehicle in vehicles_on_arm(self._sumo, self._arm)}
        if ahead not in present or behind not in present:
            del self._colliding[plan]
            return
        first, second = present[ahead], present[behind]
        if gap_between(first, second) < second.speed * 0.08:
            for name in (ahead, behind):
                self._sumo.vehicle.setSpeed(name, 0)
            del self._colliding[plan]

    def _speed(self, name: str) -> float:
        return float(self._sumo.vehicle.getSpeed(name))

    def _insert_pedestrian(self, plan: IncidentPlan) -> tuple[int, ...]:
        key = _INJECTED_ID_START + round(plan.start_s * 100)
        route = f"walk{key}"
        self._sumo.route.add(route, [self._edge])
        start = WALK_FROM_M - (ARM_M - self._sumo.lane.getLength(f"{self._edge}_0"))
        self._sumo.vehicle.add(
            str(key), route, PEDESTRIAN.name, departLane="0", departPos=f"{start:.1f}", departSpeed="0"
        )
        self._sumo.vehicle.setMaxSpeed(str(key), WALK_MS)
        self._sumo.vehicle.setLaneChangeMode(str(key), _NO_LANE_CHANGES)
        self._pedestrians[key] = plan.start_s, _end_s(plan)
        return (key,)

    def _slow_queue(self) -> None:
        for name in self._sumo.edge.getLastStepVehicleIDs(self._edge):
            along = float(np.array(self._sumo.vehicle.getPosition(name)) @ self._arm.outward)
            if along > QUEUE_FROM_M and name not in self._slowed:
                self._slowed.add(name)
                self._sumo.vehicle.setSpeed(name, QUEUE_SPEED_MS)

    def offsets(self, t: float, keys: NDArray[np.int64]) -> NDArray[np.float64]:
        """Offsets (N, 2) in metres from SUMO's positions: an injected pedestrian steps from and to the pavement."""
        offsets = np.zeros((len(keys), 2))
        for key, (start, end) in self._pedestrians.items():
            on_road = np.clip(min(t - start, end - t) / STEP_ASIDE_S, 0, 1)
            offsets[keys == key] = self._arm.left * (1 - on_road) * 5.0
        return offsets

    def injected(self, t: float) -> list[InjectedRoadUser]:
        """Road users at time `t` that SUMO does not simulate."""
        return [
            _rider(self._arm, plan, keys[0], t)
            for plan, keys in self._active.items()
            if plan.type is IncidentType.WRONG_WAY
        ]


def _inserted_name(plan: IncidentPlan, number: int = 0) -> str:
    return str(_INJECTED_ID_START + round(plan.start_s * 100) + number)


def _end_s(plan: IncidentPlan) -> float:
    return plan.start_s + plan.duration_s


def _rider(arm: Arm, plan: IncidentPlan, key: int, t: float) -> InjectedRoadUser:
    """Wrong-way rider on the shoulder of the outbound lanes, heading to the junction."""
    along = RIDE_FROM_M - RIDE_MS * (t - plan.start_s)
    left = MEDIAN_M / 2 + arm.lanes_out * LANE_M + 0.5
    heading = atan2(-arm.outward[1], -arm.outward[0])
    return InjectedRoadUser(key, VEHICLE_TYPE_INDEX["matic"], arm.position(along, left), heading, RIDE_MS)
