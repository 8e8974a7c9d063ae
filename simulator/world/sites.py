"""The twelve camera sites of the simulated city: arms, lanes, traffic demand and camera mount.

Each arm is named after its direction. Ground coordinates are metres east (x) and north (y) of the junction centre.
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
"""Width of a lane, metres [assumption: urban arterial road]."""

MEDIAN_M = 1.6
"""Width of the median between the two directions, metres [assumption]."""

SHOULDER_M = 1.3
"""Width of the paved shoulder beside the outermost lane, metres; regular traffic does not use it [assumption]."""

ARM_M = 170.0
"""Length of an arm, metres: from the junction centre to the edge of the simulation [assumption]."""


PAVEMENT_M = 3.0
"""Width of the pavement beside the road, metres [assumption]."""


def road_half_width_m(lanes: int) -> float:
    """Distance from the centre line of an arm to the kerb on the side of `lanes` lanes, metres."""
    return MEDIAN_M / 2 + lanes * LANE_M + SHOULDER_M


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Arm(_Section):
    """One arm of a junction. bearing_deg: clockwise from north. flow_veh_h: inbound vehicles/h at demand factor 1."""

    id: str
    bearing_deg: float
    lanes_in: int = Field(ge=1, le=3)
    lanes_out: int = Field(ge=1, le=3)
    flow_veh_h: float = Field(gt=0)

    @property
    def outward(self) -> NDArray[np.float64]:
        """(2,) unit vector away from the junction centre."""
        return np.array([sin(radians(self.bearing_deg)), cos(radians(self.bearing_deg))])

    @property
    def left(self) -> NDArray[np.float64]:
        """(2,) unit vector to the left of the outbound direction: the side of the outbound lanes."""
        east, north = self.outward
        return np.array([-north, east])

    def position(self, along_m: float, left_m: float) -> NDArray[np.float64]:
        """(2,) ground metres at `along_m` from the junction centre and `left_m` left of the arm's centre line."""
        return np.asarray(self.outward * along_m + self.left * left_m)


class CameraMount(_Section):
    """Position and direction of the camera relative to the arm that it observes.

    The camera is `back_m` behind the junction centre, `side_m` left of the arm's centre line and `height_m` above the
    road. It is aimed at the centre line of the arm, `ahead_m` from the junction. fov_deg: horizontal angle of view.
    """

    arm: str
    back_m: float
    side_m: float
    height_m: float = Field(gt=2)
    ahead_m: float
    fov_deg: float = Field(gt=10, lt=120)


class Surroundings(_Section):
    """Roadside of a site. shops, trees: share of the roadside that they fill, 0..1. far: background at the horizon."""

    shops: float = Field(ge=0, le=1)
    trees: float = Field(ge=0, le=1)
    far: Literal["hills", "sea"] = "hills"


class Site(_Section):
    """A junction or road section with one camera.

    location: identifier of the place in city.yaml (`sites`); cameras of one location lose power together.
    signal: traffic lights that give green to one arm after the other, as is usual in Indonesia.
    """

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
        """Arm of that identifier. Raises StopIteration where there is none."""
        return next(arm for arm in self.arms if arm.id == arm_id)

    @property
    def observed_arm(self) -> Arm:
        """Arm that the camera observes."""
        return self.arm(self.mount.arm)


class _SitesFile(_Section):
    note: str
    sites: tuple[Site, ...]


@cache
def all_sites() -> tuple[Site, ...]:
    """All sites of the simulated city, in the order of sites.json."""
    raw = Path(__file__).with_name("sites.json").read_text(encoding="utf-8")
    return _SitesFile.model_validate_json(raw).sites


def site_by_id(site_id: str) -> Site:
    """Site of that identifier. Raises UserError, with the list of identifiers, where there is none."""
    for site in all_sites():
        if site.id == site_id:
            return site
    raise UserError(f"no point {site_id!r} in this city; choose one of: {', '.join(p.id for p in all_sites())}")
