"""Kinds of road users in the simulated city: size, share of the traffic, and how they drive."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass

import numpy as np

from analytics.road_users import RoadUser


@dataclass(frozen=True, slots=True)
class Body:
    """Metres, rider included. share: of the traffic."""

    name: str
    road_user: RoadUser
    length_m: float
    width_m: float
    height_m: float
    share: float
    accel_ms2: float = 2.4
    pace: float = 1.0
    """Mean of the factor on the speed limit that these drivers choose."""

    @property
    def filters(self) -> bool:
        """Passes between others within a lane."""
        return self.road_user in (RoadUser.MOTORCYCLE, RoadUser.BICYCLE)


BODIES = (
    Body("matic", RoadUser.MOTORCYCLE, 1.9, 0.72, 1.55, 0.40, accel_ms2=3.2, pace=0.98),
    Body("bebek", RoadUser.MOTORCYCLE, 1.95, 0.70, 1.55, 0.12, accel_ms2=3.2, pace=0.98),
    Body("mpv", RoadUser.CAR, 4.3, 1.70, 1.72, 0.17),
    Body("sedan", RoadUser.CAR, 4.5, 1.75, 1.46, 0.06, pace=1.05),
    Body("hatch", RoadUser.CAR, 3.7, 1.66, 1.52, 0.09),
    Body("angkot", RoadUser.CAR, 3.9, 1.62, 1.85, 0.03, pace=0.9),
    Body("pickup", RoadUser.TRUCK, 4.6, 1.70, 1.85, 0.02, pace=0.92),
    Body("box-truck", RoadUser.TRUCK, 6.2, 2.05, 2.95, 0.04, accel_ms2=1.4, pace=0.85),
    Body("dump-truck", RoadUser.TRUCK, 6.6, 2.30, 2.75, 0.025, accel_ms2=1.2, pace=0.82),
    Body("bus", RoadUser.BUS, 9.8, 2.45, 3.1, 0.025, accel_ms2=1.2, pace=0.85),
    Body("bicycle", RoadUser.BICYCLE, 1.75, 0.60, 1.76, 0.02, accel_ms2=1.0, pace=0.3),
)
WALKER = Body("walker", RoadUser.PERSON, 0.45, 0.55, 1.68, 0.0)
ALL_BODIES = (*BODIES, WALKER)
SHARES = np.array([body.share for body in BODIES]) / sum(body.share for body in BODIES)
BODY_INDEX = {body.name: k for k, body in enumerate(ALL_BODIES)}


def vehicle_types() -> ET.ElementTree:
    """For SUMO's sublane model: motorcycles take any place across the lane and need little room beside them."""
    root = ET.Element("additional")
    for body in ALL_BODIES:
        attributes = {
            "id": body.name,
            "vClass": "motorcycle" if body.filters or body is WALKER else "passenger",
            "length": f"{body.length_m}",
            "width": f"{body.width_m}",
            "accel": f"{body.accel_ms2}",
            "decel": "4.2",
            "emergencyDecel": "8",
            "sigma": "0.4",
            "tau": "0.9" if body.filters else "1.1",
            "minGap": "0.8" if body.filters else "1.6",
            "speedFactor": f"normc({body.pace},0.08,{body.pace * 0.75:.2f},{body.pace * 1.2:.2f})",
            "maxSpeedLat": "1.4" if body.filters else "0.9",
            "minGapLat": "0.25" if body.filters else "0.45",
            "latAlignment": "arbitrary" if body.filters else "center",
            "lcSublane": "1.5" if body.filters else "0.5",
            "lcPushy": "0.4" if body.filters else "0",
        }
        ET.SubElement(root, "vType", attributes)
    return ET.ElementTree(root)
