"""What stands beside the roads of a point: shop houses, trees, lamp posts, signals. Where, not how drawn."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.render.ground import PAVEMENT_M, half_road
from simulator.world.camera_model import View
from simulator.world.sites import Arm, Point
from simulator.world.sumo_network import Network

LOT_M = 5.0
SETBACK_M = 3.5
CLEAR_OF_EYE_M = 15.0
BLOCKED_M = 58.0
"""Up to here along the watched arm nothing may hide the road."""

POST_EVERY_M, POST_CLEAR_M = 28.0, 26.0


@dataclass(frozen=True)
class Building:
    """corners: (4, 2) ground metres, in order around it; the first two are its front."""

    corners: NDArray[np.float64]
    height_m: float
    number: int
    storeys: int
    kind: str = "shop"

    @property
    def place(self) -> NDArray[np.float64]:
        return np.asarray(self.corners.mean(axis=0))


@dataclass(frozen=True)
class Tree:
    place: NDArray[np.float64]
    height_m: float
    crown_m: float
    number: int
    palm: bool = False


@dataclass(frozen=True)
class Post:
    """lamp: a street lamp, reaching over the road by `arm_to`. signal: the arm whose light hangs there."""

    place: NDArray[np.float64]
    height_m: float
    reach: NDArray[np.float64]
    signal: str | None = None


@dataclass
class Roadside:
    buildings: list[Building] = field(default_factory=list)
    trees: list[Tree] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)


class Planner:
    """Lines the arms with lots, each built on, planted or left empty by the dice."""

    def __init__(self, point: Point, network: Network, view: View, dice: np.random.Generator) -> None:
        self._point, self._network, self._view, self._dice = point, network, view, dice
        self._number = 0

    def plan(self) -> Roadside:
        found = Roadside()
        for arm in self._point.arms:
            for side, lanes in ((-1, arm.lanes_in), (1, arm.lanes_out)):
                edge = half_road(lanes) + PAVEMENT_M
                for along in np.arange(self._begin(arm) + edge, 150.0, LOT_M):
                    self._lot(found, arm, side, along, edge)
                self._second_row(found, arm, side, edge)
            found.posts += list(self._posts(arm))
        return found

    def _begin(self, arm: Arm) -> float:
        return self._network.stop_m(f"{arm.id}_in") if len(self._point.arms) > 2 else -40.0

    def _lot(self, found: Roadside, arm: Arm, side: int, along: float, edge: float) -> None:
        scene, throw = self._point.scene, self._dice.random()
        self._number += 1
        if throw < scene.shops * 0.8:
            storeys = int(self._dice.choice([1, 2, 3], p=[0.15, 0.6, 0.25]))
            near = edge + SETBACK_M + self._dice.uniform(0, 0.4)
            corners = self._footprint(arm, side, along, near, depth=11.0, breadth=LOT_M)
            if self._fits(corners, 3.6 * storeys):
                found.buildings.append(Building(corners, 3.6 * storeys + 0.6, self._number, storeys))
        if self._dice.random() < scene.trees * 0.42:
            place = arm.place(along + self._dice.uniform(-1, 1), side * (edge + self._dice.uniform(0.5, 9.0)))
            height = self._dice.uniform(4.5, 9.0)
            if self._fits(place[None], height):
                palm = bool(self._dice.random() < 0.25)
                found.trees.append(Tree(place, height, height * self._dice.uniform(0.28, 0.4), self._number, palm))

    def _second_row(self, found: Roadside, arm: Arm, side: int, edge: float) -> None:
        """Behind the first: larger trees and a few tall buildings, which close the picture."""
        for along in np.arange(20.0, 190.0, 7.0):
            self._number += 1
            place = arm.place(along, side * (edge + self._dice.uniform(20, 55)))
            if self._dice.random() < 0.25 * self._point.scene.shops:
                corners = place + np.array([[-7, -6], [7, -6], [7, 6], [-7, 6]]) @ np.stack([arm.outward, arm.left])
                storeys = int(self._dice.integers(3, 7))
                if self._fits(corners, 3.5 * storeys):
                    found.buildings.append(Building(corners, 3.5 * storeys, self._number, storeys, "block"))
            elif self._dice.random() < 0.35 + 0.6 * self._point.scene.trees and self._fits(place[None], 10):
                height = self._dice.uniform(7, 13)
                found.trees.append(Tree(place, height, height * 0.42, self._number))

    def _footprint(
        self, arm: Arm, side: int, along: float, near: float, *, depth: float, breadth: float
    ) -> NDArray[np.float64]:
        lots = ((along, near), (along + breadth, near), (along + breadth, near + depth), (along, near + depth))
        return np.stack([arm.place(a, side * s) for a, s in lots])

    def _fits(self, corners: NDArray[np.float64], height_m: float) -> bool:
        """Off all roads, not in front of the lens, and not between it and the road that it watches."""
        places = np.concatenate([corners, corners.mean(axis=0, keepdims=True)])
        if np.linalg.norm(places - self._view.eye[:2], axis=1).min() < CLEAR_OF_EYE_M:
            return False
        for arm in self._point.arms:
            along, left = places @ arm.outward, places @ arm.left
            road = np.where(left > 0, half_road(arm.lanes_out), half_road(arm.lanes_in)) + PAVEMENT_M * 0.15
            if ((along > -8) & (np.abs(left) < road)).any():
                return False
        return not self._hides_the_road(places, height_m)

    def _hides_the_road(self, places: NDArray[np.float64], height_m: float) -> bool:
        arm = self._point.watched
        along = np.repeat(np.linspace(6, BLOCKED_M, 14), 5)
        sides = np.tile(np.linspace(-half_road(arm.lanes_in), half_road(arm.lanes_out), 5), 14)
        road = self._view.on_ground([arm.place(a, s) for a, s in zip(along, sides, strict=True)])
        top = np.concatenate([np.column_stack([places, np.full(len(places), z)]) for z in (0.0, height_m)])
        pixels, depth = self._view.project(top)
        if (depth < 1).any():
            return bool((depth > 1).any())
        low, high = pixels.min(axis=0) - 6, pixels.max(axis=0) + 6
        near = depth.min() < np.linalg.norm(arm.place(BLOCKED_M, 0) - self._view.eye[:2])
        return bool(near and ((road > low) & (road < high)).all(axis=1).any())

    def _posts(self, arm: Arm) -> Iterator[Post]:
        for k, along in enumerate(np.arange(self._begin(arm) + 12.0, 150.0, POST_EVERY_M)):
            side, lanes = (1, arm.lanes_out) if k % 2 else (-1, arm.lanes_in)
            place = arm.place(along, side * (half_road(lanes) + 0.9))
            if np.linalg.norm(place - self._view.eye[:2]) > POST_CLEAR_M:
                yield Post(place, 8.0, np.asarray(-side * arm.left * 2.2))
        if self._point.signal:
            yield Post(arm.place(self._begin(arm) + 0.5, -(half_road(arm.lanes_in) + 0.6)), 5.2, arm.left * 3.6, arm.id)
