"""Traffic of one site, simulated by Eclipse SUMO in this process; libsumo allows one simulation per process."""

import tempfile
from dataclasses import replace
from importlib import import_module
from math import radians
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

import numpy as np

from pipelines.errors import UserError
from simulator.world.incident_injection import IncidentInjector, InjectedRoadUser
from simulator.world.scenario import WARM_UP_S, Scenario
from simulator.world.sites import Arm, Site
from simulator.world.sumo_network import network_file
from simulator.world.traffic_state import TrafficState
from simulator.world.vehicle_types import (
    TRAFFIC_SHARES,
    TRAFFIC_TYPES,
    VEHICLE_TYPE_INDEX,
    VEHICLE_TYPES,
    sumo_vehicle_types,
)

STEP_S = 0.08
"""Duration of a simulation step, seconds: one step per frame at 12.5 frames/s."""

_MAX_PENDING = 12
"""Vehicles that wait outside the network for a free place; at this number no more are inserted [assumption]."""

_STRAIGHT_WEIGHT = 3.0
"""Probability of driving straight on relative to a turn onto an arm of as many lanes [assumption]."""


def load_sumo() -> ModuleType:
    """Import libsumo. Raises UserError where the extra `demo` is not installed."""
    try:
        return import_module("libsumo")
    except ImportError as error:
        raise UserError("Eclipse SUMO is not installed; install simpang[demo], or run make setup") from error


class Traffic:
    """SUMO simulation of one site, a context manager.

    The same site, seed and scenario give the same traffic. Raises UserError where SUMO is not installed.
    """

    def __init__(self, site: Site, seed: int, scenario: Scenario) -> None:
        self._sumo = load_sumo()
        self._site = site
        self._scenario = scenario
        self._seed = seed
        self._rng = np.random.default_rng([seed, *site.id.encode()])
        self._number = 0
        self._steps = 0

    def __enter__(self) -> Self:
        with tempfile.TemporaryDirectory(prefix="simpang-traffic-") as folder:
            types = Path(folder, "types.add.xml")
            sumo_vehicle_types().write(types)
            command = ["sumo", "-n", str(network_file(self._site)), "-a", str(types), "--seed", str(self._seed)]
            command += ["--step-length", str(STEP_S), "--lateral-resolution", "0.6", "--time-to-teleport", "-1"]
            command += ["--collision.action", "none", "--no-step-log", "--no-warnings", "--default.action-step-length"]
            command += ["0.24", "--max-depart-delay", "30"]
            self._sumo.start(command)
        self._routes = self._add_routes()
        self._injector = IncidentInjector(self._sumo, self._site, self._scenario)
        for _ in range(round(WARM_UP_S / STEP_S)):
            self._advance()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sumo.close()

    @property
    def t(self) -> float:
        """Time of the newest step, seconds since the simulation began; below 0 during the warm-up."""
        return self._steps * STEP_S - WARM_UP_S

    def step(self, steps: int = 1) -> TrafficState:
        """Advance the simulation by steps of `STEP_S`; return the new state."""
        for _ in range(steps):
            self._advance()
        return self._state()

    def _advance(self) -> None:
        self._send_in()
        self._injector.update(self.t)
        self._sumo.simulationStep()
        self._steps += 1
        for vehicle in self._sumo.simulation.getDepartedIDList():
            self._sumo.vehicle.subscribe(vehicle, self._variables)

    @property
    def _variables(self) -> list[int]:
        c = self._sumo.constants
        return [c.VAR_POSITION, c.VAR_ANGLE, c.VAR_SPEED, c.VAR_ACCELERATION, c.VAR_TYPE]

    def _send_in(self) -> None:
        factor = self._scenario.demand_at(self.t)
        room = len(self._sumo.simulation.getPendingVehicles()) < _MAX_PENDING
        for arm in self._site.arms:
            boost = self._injector.demand_boost(self.t, arm)
            if self._rng.random() < factor * boost * arm.flow_veh_h / 3600 * STEP_S and room:
                vehicle_type = TRAFFIC_TYPES[int(self._rng.choice(len(TRAFFIC_TYPES), p=TRAFFIC_SHARES))]
                names, weights = self._routes[arm.id]
                route = names[int(self._rng.choice(len(names), p=weights))]
                self._number += 1
                self._sumo.vehicle.add(
                    str(self._number), route, vehicle_type.name, departLane="best", departPos="base", departSpeed="max"
                )

    def _add_routes(self) -> dict[str, tuple[list[str], list[float]]]:
        """Names and probabilities of the routes that begin on each arm, by identifier of the arm."""
        routes: dict[str, tuple[list[str], list[float]]] = {}
        for origin in self._site.arms:
            others = [arm for arm in self._site.arms if arm is not origin]
            weights = np.array([_attraction(origin, arm) for arm in others])
            for arm in others:
                self._sumo.route.add(f"{origin.id}:{arm.id}", [f"{origin.id}_in", f"{arm.id}_out"])
            routes[origin.id] = [f"{origin.id}:{arm.id}" for arm in others], list(weights / weights.sum())
        return routes

    def _state(self) -> TrafficState:
        c = self._sumo.constants
        seen = sorted(self._sumo.vehicle.getAllSubscriptionResults().items(), key=lambda item: int(item[0]))
        rows = [facts for _, facts in seen]
        type_index = np.array([VEHICLE_TYPE_INDEX[facts[c.VAR_TYPE].split("@")[0]] for facts in rows], dtype=np.int64)
        heading = np.array([radians(90 - facts[c.VAR_ANGLE]) for facts in rows])
        front = np.array([facts[c.VAR_POSITION][:2] for facts in rows], dtype=np.float64).reshape(-1, 2)
        half = np.array([VEHICLE_TYPES[k].length_m / 2 for k in type_index])
        along = np.stack([np.cos(heading), np.sin(heading)], axis=1).reshape(-1, 2)
        keys = np.array([int(name) for name, _ in seen], dtype=np.int64)
        state = TrafficState(
            t=self.t,
            keys=keys,
            type_index=type_index,
            xy=front - along * half[:, None] + self._injector.offsets(self.t, keys),
            heading=heading,
            speed=np.array([facts[c.VAR_SPEED] for facts in rows]),
            braking=np.array([_brakes(facts, c) for facts in rows], dtype=bool),
            hazard=np.isin(keys, self._injector.broken_down),
            active_incidents=self._injector.active,
        )
        return _with_injected(state, self._injector.injected(self.t))


def _attraction(origin: Arm, target: Arm) -> float:
    straight = float(origin.outward @ target.outward) < -0.8
    return target.lanes_out * (_STRAIGHT_WEIGHT if straight else 1.0)


def _brakes(facts: dict[int, Any], constants: Any) -> bool:
    return bool(facts[constants.VAR_ACCELERATION] < -0.6 or facts[constants.VAR_SPEED] < 0.3)


def _with_injected(state: TrafficState, injected: list[InjectedRoadUser]) -> TrafficState:
    """Add the road users that SUMO does not simulate."""
    if not injected:
        return state
    none = np.zeros(len(injected), dtype=bool)
    return replace(
        state,
        keys=np.concatenate([state.keys, [user.key for user in injected]]),
        type_index=np.concatenate([state.type_index, [user.type_index for user in injected]]),
        xy=np.concatenate([state.xy, [user.xy for user in injected]]),
        heading=np.concatenate([state.heading, [user.heading for user in injected]]),
        speed=np.concatenate([state.speed, [user.speed for user in injected]]),
        braking=np.concatenate([state.braking, none]),
        hazard=np.concatenate([state.hazard, none]),
    )
