"""The traffic of one point, simulated by Eclipse SUMO inside this process (one simulation per process)."""

import tempfile
from dataclasses import replace
from importlib import import_module
from math import radians
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

import numpy as np

from pipelines.errors import UserError
from simulator.world.incident_injection import Extra, Stage
from simulator.world.scenario import WARM_UP_S, Script
from simulator.world.sites import Arm, Point
from simulator.world.sumo_network import network_file
from simulator.world.traffic_state import Moment
from simulator.world.vehicle_types import ALL_BODIES, BODIES, BODY_INDEX, SHARES, vehicle_types

STEP_S = 0.08
"""12.5 steps a second, one for each frame."""

_MOST_WAITING = 12
"""Road users that have not found room to enter; beyond it the arm is full and no more are sent."""

_STRAIGHT_ON = 3.0
"""How much likelier than a turn."""


def load_sumo() -> ModuleType:
    """Raises UserError where the extra `demo` is not installed."""
    try:
        return import_module("libsumo")
    except ImportError as error:
        raise UserError("Eclipse SUMO is not installed; install simpang[demo], or run make setup") from error


class Traffic:
    """A context manager; `step` moves the world on by `STEP_S`. The same point, seed and script: the same world."""

    def __init__(self, point: Point, seed: int, script: Script) -> None:
        self._sumo = load_sumo()
        self._point = point
        self._script = script
        self._seed = seed
        self._dice = np.random.default_rng([seed, *point.id.encode()])
        self._number = 0
        self._steps = 0

    def __enter__(self) -> Self:
        with tempfile.TemporaryDirectory(prefix="simpang-traffic-") as folder:
            types = Path(folder, "types.add.xml")
            vehicle_types().write(types)
            command = ["sumo", "-n", str(network_file(self._point)), "-a", str(types), "--seed", str(self._seed)]
            command += ["--step-length", str(STEP_S), "--lateral-resolution", "0.6", "--time-to-teleport", "-1"]
            command += ["--collision.action", "none", "--no-step-log", "--no-warnings", "--default.action-step-length"]
            command += ["0.24", "--max-depart-delay", "30"]
            self._sumo.start(command)
        self._routes = self._add_routes()
        self._stage = Stage(self._sumo, self._point, self._script)
        for _ in range(round(WARM_UP_S / STEP_S)):
            self._advance()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sumo.close()

    @property
    def t(self) -> float:
        return self._steps * STEP_S - WARM_UP_S

    def step(self) -> Moment:
        self._advance()
        return self._moment()

    def _advance(self) -> None:
        self._send_in()
        self._stage.direct(self.t)
        self._sumo.simulationStep()
        self._steps += 1
        for vehicle in self._sumo.simulation.getDepartedIDList():
            self._sumo.vehicle.subscribe(vehicle, self._variables)

    @property
    def _variables(self) -> list[int]:
        c = self._sumo.constants
        return [c.VAR_POSITION, c.VAR_ANGLE, c.VAR_SPEED, c.VAR_ACCELERATION, c.VAR_TYPE]

    def _send_in(self) -> None:
        factor = self._script.demand_at(self.t)
        room = len(self._sumo.simulation.getPendingVehicles()) < _MOST_WAITING
        for arm in self._point.arms:
            boost = self._stage.demand_boost(self.t, arm)
            if self._dice.random() < factor * boost * arm.flow_veh_h / 3600 * STEP_S and room:
                body = BODIES[int(self._dice.choice(len(BODIES), p=SHARES))]
                names, weights = self._routes[arm.id]
                route = names[int(self._dice.choice(len(names), p=weights))]
                self._number += 1
                self._sumo.vehicle.add(
                    str(self._number), route, body.name, departLane="best", departPos="base", departSpeed="max"
                )

    def _add_routes(self) -> dict[str, tuple[list[str], list[float]]]:
        """By arm of entry: names of routes, and how likely each is."""
        routes: dict[str, tuple[list[str], list[float]]] = {}
        for origin in self._point.arms:
            others = [arm for arm in self._point.arms if arm is not origin]
            weights = np.array([_attraction(origin, arm) for arm in others])
            for arm in others:
                self._sumo.route.add(f"{origin.id}:{arm.id}", [f"{origin.id}_in", f"{arm.id}_out"])
            routes[origin.id] = [f"{origin.id}:{arm.id}" for arm in others], list(weights / weights.sum())
        return routes

    def _moment(self) -> Moment:
        c = self._sumo.constants
        seen = sorted(self._sumo.vehicle.getAllSubscriptionResults().items(), key=lambda item: int(item[0]))
        rows = [facts for _, facts in seen]
        body = np.array([BODY_INDEX[facts[c.VAR_TYPE].split("@")[0]] for facts in rows], dtype=np.int64)
        heading = np.array([radians(90 - facts[c.VAR_ANGLE]) for facts in rows])
        front = np.array([facts[c.VAR_POSITION][:2] for facts in rows], dtype=np.float64).reshape(-1, 2)
        half = np.array([ALL_BODIES[k].length_m / 2 for k in body])
        along = np.stack([np.cos(heading), np.sin(heading)], axis=1).reshape(-1, 2)
        keys = np.array([int(name) for name, _ in seen], dtype=np.int64)
        moment = Moment(
            t=self.t,
            keys=keys,
            body=body,
            xy=front - along * half[:, None] + self._stage.shifts(self.t, keys),
            heading=heading,
            speed=np.array([facts[c.VAR_SPEED] for facts in rows]),
            braking=np.array([_brakes(facts, c) for facts in rows], dtype=bool),
            hazard=np.isin(keys, self._stage.broken_down),
            staged=self._stage.running,
        )
        return _with_extras(moment, self._stage.extras(self.t))


def _attraction(origin: Arm, target: Arm) -> float:
    straight = float(origin.outward @ target.outward) < -0.8
    return target.lanes_out * (_STRAIGHT_ON if straight else 1.0)


def _brakes(facts: dict[int, Any], constants: Any) -> bool:
    return bool(facts[constants.VAR_ACCELERATION] < -0.6 or facts[constants.VAR_SPEED] < 0.3)


def _with_extras(moment: Moment, extras: list[Extra]) -> Moment:
    """With the road users that SUMO knows nothing about."""
    if not extras:
        return moment
    none = np.zeros(len(extras), dtype=bool)
    return replace(
        moment,
        keys=np.concatenate([moment.keys, [extra.key for extra in extras]]),
        body=np.concatenate([moment.body, [extra.body for extra in extras]]),
        xy=np.concatenate([moment.xy, [extra.xy for extra in extras]]),
        heading=np.concatenate([moment.heading, [extra.heading for extra in extras]]),
        speed=np.concatenate([moment.speed, [extra.speed for extra in extras]]),
        braking=np.concatenate([moment.braking, none]),
        hazard=np.concatenate([moment.hazard, none]),
    )
