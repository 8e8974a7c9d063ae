"""Positions and sizes of buildings, trees, lamp posts and traffic lights beside the roads of a site."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.world.camera_model import CameraModel
from simulator.world.sites import PAVEMENT_M, Arm, Site, road_half_width_m
from simulator.world.sumo_network import RoadNetwork

LOT_WIDTH_M = 5.0
"""Width of a building lot along the road, metres [assumption: a shop house]."""

SETBACK_M = 3.5
"""Distance from the pavement to the front of a building, metres [assumption]."""

CAMERA_CLEARANCE_M = 15.0
"""Smallest distance of a building or tree from the camera, metres [assumption]."""

UNOBSTRUCTED_TO_M = 58.0
"""No building or tree hides the observed arm up to this distance from the junction, metres [assumption]."""

POST_SPACING_M, POST_CAMERA_CLEARANCE_M = 28.0, 26.0
"""Distance between lamp posts, and smallest distance of one from the camera, metres [assumption]."""


@dataclass(frozen=True)
class Building:
    """A building. corners: (4, 2) ground metres in order around it; the first two are its front.

    number: seed of its random appearance. kind: "shop" or "block".
    """

    corners: NDArray[np.float64]
    height_m: float
    number: int
    storeys: int
    kind: str = "shop"

    @property
    def position(self) -> NDArray[np.float64]:
        """Centre (2,) of the footprint, ground metres."""
        return np.asarray(self.corners.mean(axis=0))


@dataclass(frozen=True)
class Tree:
    """A tree. crown_m: radius of its crown, metres. number: seed of its random appearance."""

    position: NDArray[np.float64]
    height_m: float
    crown_m: float
    number: int
    palm: bool = False


@dataclass(frozen=True)
class Post:
    """A lamp post or traffic light. reach: (2,) metres from the post to the lamp.

    signal: identifier of the arm that the traffic light controls; None for a street lamp.
    """

    position: NDArray[np.float64]
    height_m: float
    reach: NDArray[np.float64]
    signal: str | None = None


@dataclass
class StreetFurniture:
    """All buildings, trees and posts of a site."""

    buildings: list[Building] = field(default_factory=list)
    trees: list[Tree] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)


class StreetFurniturePlacer:
    """Places buildings, trees and posts along the arms; the random generator decides what each lot contains."""

    def __init__(self, site: Site, network: RoadNetwork, camera: CameraModel, rng: np.random.Generator) -> None:
        self._site, self._network, self._camera, self._rng = site, network, camera, rng
        self._number = 0

    def place_all(self) -> StreetFurniture:
        """Street furniture of all arms of the site."""
        found = StreetFurniture()
        for arm in self._site.arms:
            for side, lanes in ((-1, arm.lanes_in), (1, arm.lanes_out)):
                edge = road_half_width_m(lanes) + PAVEMENT_M
                for along in np.arange(self._begin(arm) + edge, 150.0, LOT_WIDTH_M):
                    self._lot(found, arm, side, along, edge)
                self._second_row(found, arm, side, edge)
            found.posts += list(self._posts(arm))
        return found

    def _begin(self, arm: Arm) -> float:
        return self._network.stop_m(f"{arm.id}_in") if len(self._site.arms) > 2 else -40.0

    def _lot(self, found: StreetFurniture, arm: Arm, side: int, along: float, edge: float) -> None:
        surroundings, throw = self._site.surroundings, self._rng.random()
        self._number += 1
        if throw < surroundings.shops * 0.8:
            storeys = int(self._rng.choice([1, 2, 3], p=[0.15, 0.6, 0.25]))
            near = edge + SETBACK_M + self._rng.uniform(0, 0.4)
            corners = self._footprint(arm, side, along, near, depth=11.0, breadth=LOT_WIDTH_M)
            if self._fits(corners, 3.6 * storeys):
                found.buildings.append(Building(corners, 3.6 * storeys + 0.6, self._number, storeys))
        if self._rng.random() < surroundings.trees * 0.42:
            position = arm.position(along + self._rng.uniform(-1, 1), side * (edge + self._rng.uniform(0.5, 9.0)))
            height = self._rng.uniform(4.5, 9.0)
            if self._fits(position[None], height):
                palm = bool(self._rng.random() < 0.25)
                found.trees.append(Tree(position, height, height * self._rng.uniform(0.28, 0.4), self._number, palm))

    def _second_row(self, found: StreetFurniture, arm: Arm, side: int, edge: float) -> None:
        """Add larger trees and a few tall buildings behind the first row."""
        for along in np.arange(20.0, 190.0, 7.0):
            self._number += 1
            position = arm.position(along, side * (edge + self._rng.uniform(20, 55)))
            if self._rng.random() < 0.25 * self._site.surroundings.shops:
                corners = position + np.array([[-7, -6], [7, -6], [7, 6], [-7, 6]]) @ np.stack([arm.outward, arm.left])
                storeys = int(self._rng.integers(3, 7))
                if self._fits(corners, 3.5 * storeys):
                    found.buildings.append(Building(corners, 3.5 * storeys, self._number, storeys, "block"))
            elif self._rng.random() < 0.35 + 0.6 * self._site.surroundings.trees and self._fits(position[None], 10):
                height = self._rng.uniform(7, 13)
                found.trees.append(Tree(position, height, height * 0.42, self._number))

    def _footprint(
        self, arm: Arm, side: int, along: float, near: float, *, depth: float, breadth: float
    ) -> NDArray[np.float64]:
        lots = ((along, near), (along + breadth, near), (along + breadth, near + depth), (along, near + depth))
        return np.stack([arm.position(a, side * s) for a, s in lots])

    def _fits(self, corners: NDArray[np.float64], height_m: float) -> bool:
        """True where the object is on no road, not close to the camera and does not hide the observed road.

        corners: (N, 2) ground metres of its footprint.
        """
        positions = np.concatenate([corners, corners.mean(axis=0, keepdims=True)])
        if np.linalg.norm(positions - self._camera.eye[:2], axis=1).min() < CAMERA_CLEARANCE_M:
            return False
        for arm in self._site.arms:
            along, left = positions @ arm.outward, positions @ arm.left
            road = (
                np.where(left > 0, road_half_width_m(arm.lanes_out), road_half_width_m(arm.lanes_in))
                + PAVEMENT_M * 0.15
            )
            if ((along > -8) & (np.abs(left) < road)).any():
                return False
        return not self._hides_the_road(positions, height_m)

    def _hides_the_road(self, positions: NDArray[np.float64], height_m: float) -> bool:
        arm = self._site.observed_arm
        along = np.repeat(np.linspace(6, UNOBSTRUCTED_TO_M, 14), 5)
        sides = np.tile(np.linspace(-road_half_width_m(arm.lanes_in), road_half_width_m(arm.lanes_out), 5), 14)
        road = self._camera.project_ground(np.outer(along, arm.outward) + np.outer(sides, arm.left))
        top = np.concatenate([np.column_stack([positions, np.full(len(positions), z)]) for z in (0.0, height_m)])
        pixels, depth = self._camera.project(top)
        if (depth < 1).any():
            return bool((depth > 1).any())
        low, high = pixels.min(axis=0) - 6, pixels.max(axis=0) + 6
        near = depth.min() < np.linalg.norm(arm.position(UNOBSTRUCTED_TO_M, 0) - self._camera.eye[:2])
        return bool(near and ((road > low) & (road < high)).all(axis=1).any())

    def _posts(self, arm: Arm) -> Iterator[Post]:
        for k, along in enumerate(np.arange(self._begin(arm) + 12.0, 150.0, POST_SPACING_M)):
            side, lanes = (1, arm.lanes_out) if k % 2 else (-1, arm.lanes_in)
            position = arm.position(along, side * (road_half_width_m(lanes) + 0.9))
            if np.linalg.norm(position - self._camera.eye[:2]) > POST_CAMERA_CLEARANCE_M:
                yield Post(position, 8.0, np.asarray(-side * arm.left * 2.2))
        if self._site.signal:
            yield Post(
                arm.position(self._begin(arm) + 0.5, -(road_half_width_m(arm.lanes_in) + 0.6)),
                5.2,
                arm.left * 3.6,
                arm.id,
            )
