"""The twelve points of the simulated city: their arms, lanes, traffic, and where the camera stands.

Arms are named by where they lead. Ground coordinates are metres east (x) and north (y) of the point.
"""

from functools import cache
from math import cos, radians, sin
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from pipelines.errors import UserError

LANE_M = 3.3
MEDIAN_M = 1.6
SHOULDER_M = 1.3
"""Paved, outside the outermost lane: nobody drives there but who should not."""

ARM_M = 170.0
"""From the point to where traffic enters and leaves."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Arm(_Section):
    """bearing_deg: clockwise from north. flow_veh_h: entering by this arm in an ordinary hour."""

    id: str
    bearing_deg: float
    lanes_in: int = Field(ge=1, le=3)
    lanes_out: int = Field(ge=1, le=3)
    flow_veh_h: float = Field(gt=0)

    @property
    def outward(self) -> NDArray[np.float64]:
        """(2,) unit vector away from the point."""
        return np.array([sin(radians(self.bearing_deg)), cos(radians(self.bearing_deg))])

    @property
    def left(self) -> NDArray[np.float64]:
        """(2,) unit vector to the left of who drives away from the point: the side of those who do."""
        east, north = self.outward
        return np.array([-north, east])

    def position(self, along_m: float, left_m: float) -> NDArray[np.float64]:
        """(2,) the ground at a distance from the point, to the left of the arm's middle."""
        return np.asarray(self.outward * along_m + self.left * left_m)


class CameraMount(_Section):
    """Where the camera is, seen along the watched arm: behind the point, left of the arm's middle, above the road.

    It looks at the middle of the arm `ahead_m` from the point. fov_deg: horizontal angle of view.
    """

    arm: str
    back_m: float
    side_m: float
    height_m: float = Field(gt=2)
    ahead_m: float
    fov_deg: float = Field(gt=10, lt=120)


class Surroundings(_Section):
    """shops, trees: how much of the roadsides they line, 0..1. far: what lies on the horizon."""

    shops: float = Field(ge=0, le=1)
    trees: float = Field(ge=0, le=1)
    far: Literal["hills", "sea"] = "hills"


class Site(_Section):
    """signal: the arms have green one after the other, as is usual in Indonesia."""

    id: str
    name: str
    location: str
    location_name: str
    lat: float
    lon: float
    speed_limit_kmh: float
    signal: bool
    arms: tuple[Arm, ...] = Field(min_length=2)
    mount: CameraMount
    surroundings: Surroundings

    def arm(self, arm_id: str) -> Arm:
        return next(arm for arm in self.arms if arm.id == arm_id)

    @property
    def observed_arm(self) -> Arm:
        return self.arm(self.mount.arm)


class _SitesFile(_Section):
    note: str
    sites: tuple[Site, ...]


@cache
def all_sites() -> tuple[Site, ...]:
    raw = Path(__file__).with_name("sites.json").read_text(encoding="utf-8")
    return _SitesFile.model_validate_json(raw).sites


def site_by_id(site_id: str) -> Site:
    """Raises UserError that lists the known ones."""
    for site in all_sites():
        if site.id == site_id:
            return site
    raise UserError(f"no point {site_id!r} in this city; choose one of: {', '.join(p.id for p in all_sites())}")
