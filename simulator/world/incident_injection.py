"""Staging the script's incidents in a running simulation, on the arm that the camera watches."""

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
"""Along the arm, where breakdowns and collisions happen: well inside the picture."""

COMFORTABLE_BRAKING_MS2, EMERGENCY_BRAKING_MS2 = 4.2, 8.0
MIN_FOLLOWER_SPEED_MS, CRASH_SPEED_MS = 9.0, 12.0
"""Who drives into another is this fast before, and as fast as that then, at least."""

INSERT_AHEAD_S, GREEN_AHEAD_S, LARGE_ONLY_S, WAIT_FOR_TYPE_S = 10.0, 4.0, 8.0, 25.0
"""Cars set out before the time of their act, and their signal turns green; to collide, only large ones are chosen
for a while. A breakdown waits so long for the vehicle that the script asks for.
"""

_VEHICLES_NEEDED = {IncidentType.STOPPED_VEHICLE: 1, IncidentType.COLLISION: 2}

QUEUE_FROM_M, QUEUE_SPEED_MS, QUEUE_DEMAND_FACTOR = 62.0, 0.3, 2.2
RIDE_FROM_M, RIDE_TO_M, RIDE_MS = 95.0, -60.0, 6.5
WALK_FROM_M, WALK_MS, STEP_ASIDE_S = 24.0, 0.7, 3.0
_INJECTED_ID_START = 1_000_000
_NO_LANE_CHANGES, _SPEED_BY_SUMO = 0, -1
_GIVE_UP_S = 90.0


@dataclass(frozen=True, slots=True)
class InjectedRoadUser:
    """A road user that SUMO knows nothing about."""

    key: int
    type_index: int
    xy: NDArray[np.float64]
    heading: float
    speed: float


class IncidentInjector:
    """Directs each act when its time has come. What needs a vehicle in the right place waits for one a while."""

    def __init__(self, sumo: Any, site: Site, scenario: Scenario) -> None:
        self._sumo = sumo
        self._arm = site.observed_arm
        self._edge = f"{self._arm.id}_out"
        self._opposite = min(site.arms, key=lambda arm: float(arm.outward @ self._arm.outward))
        self._waiting = list(scenario.incidents)
        self._active: dict[IncidentPlan, tuple[int, ...]] = {}
        self._crashing: dict[IncidentPlan, tuple[str, str]] = {}
        self._sent: set[IncidentPlan] = set()
        self._green_for: set[IncidentPlan] = set()
        self._slowed: set[str] = set()
        self._walks: dict[int, tuple[float, float]] = {}

    @property
    def broken_down(self) -> list[int]:
        return [keys[0] for plan, keys in self._active.items() if plan.type is IncidentType.STOPPED_VEHICLE]

    @property
    def active(self) -> tuple[tuple[IncidentType, tuple[int, ...]], ...]:
        return tuple((plan.type, keys) for plan, keys in self._active.items())

    def demand_boost(self, t: float, arm: Arm) -> float:
        jam = any(a.type is IncidentType.CONGESTION and a.start_s - 20 <= t < _end(a) for a in self._plans())
        return QUEUE_DEMAND_FACTOR if jam and arm is not self._arm else 1.0

    def _plans(self) -> list[IncidentPlan]:
        return [*self._waiting, *self._active]

    def update(self, t: float) -> None:
        for plan in self._waiting:
            if plan.type in _VEHICLES_NEEDED and plan not in self._sent and plan.start_s - INSERT_AHEAD_S <= t:
                self._send_cars(plan)
            if plan.type in _VEHICLES_NEEDED and plan not in self._green_for and plan.start_s - GREEN_AHEAD_S <= t:
                self._turn_green(plan)
        for plan in [a for a in self._waiting if a.start_s <= t]:
            if t > plan.start_s + _GIVE_UP_S:
                self._waiting.remove(plan)
                continue
            if (keys := self._begin(plan, begun := replace(plan, start_s=t))) is not None:
                self._waiting.remove(plan)
                self._active[begun] = keys
        for plan in [a for a in self._active if t >= _end(a)]:
            self._finish(plan)
            del self._active[plan]
        for plan, pair in list(self._crashing.items()):
            self._crash(plan, *pair)
        if any(plan.type is IncidentType.CONGESTION for plan in self._active):
            self._hold_back()

    def _begin(self, planned: IncidentPlan, plan: IncidentPlan) -> tuple[int, ...] | None:
        """Keys of who takes part in an act that begins now; None where the right vehicle is not there yet."""
        match plan.type:
            case IncidentType.STOPPED_VEHICLE:
                waits = planned.vehicle is not None and plan.start_s < planned.start_s + WAIT_FOR_TYPE_S
                return self._break_down(_sent_name(planned) if waits else None)
            case IncidentType.COLLISION:
                return self._set_on_course(plan, large_only=plan.start_s < planned.start_s + LARGE_ONLY_S)
            case IncidentType.PERSON_ON_ROAD:
                return self._send_walker(plan)
            case IncidentType.WRONG_WAY:
                return (_INJECTED_ID_START + round(plan.start_s * 100),)
            case IncidentType.CONGESTION:
                return ()

    def _finish(self, plan: IncidentPlan) -> None:
        for key in self._active[plan]:
            if key in self._walks:
                del self._walks[key]
                self._sumo.vehicle.unsubscribe(str(key))
                self._sumo.vehicle.remove(str(key))
            elif str(key) in self._sumo.vehicle.getIDList():
                self._sumo.vehicle.setSpeedMode(str(key), 31)
                self._sumo.vehicle.setLaneChangeMode(str(key), 1621)
                self._sumo.vehicle.setSpeed(str(key), _SPEED_BY_SUMO)
        if plan.type is IncidentType.CONGESTION:
            for name in self._slowed & set(self._sumo.vehicle.getIDList()):
                self._sumo.vehicle.setSpeed(name, _SPEED_BY_SUMO)
            self._slowed.clear()

    def _on_the_way_out(self) -> list[tuple[float, str]]:
        """Vehicles of four wheels and more, by distance from the point, nearest first."""
        found = []
        for name in self._sumo.edge.getLastStepVehicleIDs(self._edge):
            along = float(np.array(self._sumo.vehicle.getPosition(name)) @ self._arm.outward)
            if self._sumo.vehicle.getLength(name) > 3:
                found.append((along, name))
        return sorted(found)

    def _break_down(self, wanted: str | None) -> tuple[int, ...] | None:
        """wanted: this vehicle and no other."""
        for along, name in self._on_the_way_out():
            if wanted is not None and name != wanted:
                continue
            speed = self._speed(name)
            if speed > 4 and NEAR_M < along + speed**2 / (2 * COMFORTABLE_BRAKING_MS2) < FAR_M - 4:
                self._hold(name)
                return (int(name),)
        return None

    def _hold(self, name: str) -> None:
        self._sumo.vehicle.setLaneChangeMode(name, _NO_LANE_CHANGES)
        self._sumo.vehicle.setSpeed(name, 0)

    def _send_cars(self, plan: IncidentPlan) -> None:
        """In the lane where nobody cycles: one to break down, or two to collide, even where little drives."""
        self._sent.add(plan)
        lane = f"{self._opposite.lanes_in - 1}"
        for number in range(_VEHICLES_NEEDED[plan.type]):
            name = _sent_name(plan, number)
            route = f"{self._opposite.id}:{self._arm.id}"
            self._sumo.vehicle.add(
                name, route, plan.vehicle or "mpv", departLane=lane, departPos="base", departSpeed="max"
            )
            self._sumo.vehicle.setLaneChangeMode(name, _NO_LANE_CHANGES)

    def _turn_green(self, plan: IncidentPlan) -> None:
        """For who comes straight on into the watched arm: at a red nobody would come for a minute."""
        self._green_for.add(plan)
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

    def _set_on_course(self, plan: IncidentPlan, *, large_only: bool) -> tuple[int, ...] | None:
        """The one in front brakes with all it has; the one behind does not notice."""
        for ahead, behind in following_pairs(vehicles_on_arm(self._sumo, self._arm)):
            stops_at = ahead.along + ahead.speed**2 / (2 * EMERGENCY_BRAKING_MS2)
            if not (ahead.along > NEAR_M - 10 and NEAR_M < stops_at < FAR_M - 2 and ahead.speed > 5):
                continue
            if behind.speed < MIN_FOLLOWER_SPEED_MS or (large_only and min(ahead.length, behind.length) < 3):
                continue
            for one in (ahead, behind):
                self._sumo.vehicle.setSpeedMode(one.name, 0)
                self._sumo.vehicle.setLaneChangeMode(one.name, _NO_LANE_CHANGES)
            self._sumo.vehicle.slowDown(ahead.name, 0.0, ahead.speed / EMERGENCY_BRAKING_MS2)
            self._sumo.vehicle.setSpeed(behind.name, max(behind.speed, CRASH_SPEED_MS))
            self._crashing[plan] = ahead.name, behind.name
            return int(ahead.name), int(behind.name)
        return None

    def _crash(self, plan: IncidentPlan, ahead: str, behind: str) -> None:
        present = {vehicle.name: vehicle for vehicle in vehicles_on_arm(self._sumo, self._arm)}
        if ahead not in present or behind not in present:
            del self._crashing[plan]
            return
        first, second = present[ahead], present[behind]
        if gap_between(first, second) < second.speed * 0.08:
            for name in (ahead, behind):
                self._sumo.vehicle.setSpeed(name, 0)
            del self._crashing[plan]

    def _speed(self, name: str) -> float:
        return float(self._sumo.vehicle.getSpeed(name))

    def _send_walker(self, plan: IncidentPlan) -> tuple[int, ...]:
        key = _INJECTED_ID_START + round(plan.start_s * 100)
        route = f"walk{key}"
        self._sumo.route.add(route, [self._edge])
        start = WALK_FROM_M - (ARM_M - self._sumo.lane.getLength(f"{self._edge}_0"))
        self._sumo.vehicle.add(
            str(key), route, PEDESTRIAN.name, departLane="0", departPos=f"{start:.1f}", departSpeed="0"
        )
        self._sumo.vehicle.setMaxSpeed(str(key), WALK_MS)
        self._sumo.vehicle.setLaneChangeMode(str(key), _NO_LANE_CHANGES)
        self._walks[key] = plan.start_s, _end(plan)
        return (key,)

    def _hold_back(self) -> None:
        for name in self._sumo.edge.getLastStepVehicleIDs(self._edge):
            along = float(np.array(self._sumo.vehicle.getPosition(name)) @ self._arm.outward)
            if along > QUEUE_FROM_M and name not in self._slowed:
                self._slowed.add(name)
                self._sumo.vehicle.setSpeed(name, QUEUE_SPEED_MS)

    def offsets(self, t: float, keys: NDArray[np.int64]) -> NDArray[np.float64]:
        """(N, 2) metres from where SUMO has them: who walks on the road came from the pavement and goes back to it."""
        offsets = np.zeros((len(keys), 2))
        for key, (start, end) in self._walks.items():
            on_road = np.clip(min(t - start, end - t) / STEP_ASIDE_S, 0, 1)
            offsets[keys == key] = self._arm.left * (1 - on_road) * 5.0
        return offsets

    def injected(self, t: float) -> list[InjectedRoadUser]:
        return [
            _rider(self._arm, plan, keys[0], t)
            for plan, keys in self._active.items()
            if plan.type is IncidentType.WRONG_WAY
        ]


def _sent_name(plan: IncidentPlan, number: int = 0) -> str:
    return str(_INJECTED_ID_START + round(plan.start_s * 100) + number)


def _end(plan: IncidentPlan) -> float:
    return plan.start_s + plan.duration_s


def _rider(arm: Arm, plan: IncidentPlan, key: int, t: float) -> InjectedRoadUser:
    """On the shoulder of the way out, towards the point: against everybody else."""
    along = RIDE_FROM_M - RIDE_MS * (t - plan.start_s)
    left = MEDIAN_M / 2 + arm.lanes_out * LANE_M + 0.5
    heading = atan2(-arm.outward[1], -arm.outward[0])
    return InjectedRoadUser(key, VEHICLE_TYPE_INDEX["matic"], arm.position(along, left), heading, RIDE_MS)
