"""Vehicle types of the simulated traffic: class, size, share and driving parameters; pedestrians included."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass

import numpy as np

from analytics.road_users import TWO_WHEELERS, RoadUser


@dataclass(frozen=True, slots=True)
class VehicleType:
    """One type of road user. Sizes in metres include the rider. share: relative frequency in the traffic.

    accel_ms2: maximum acceleration. speed_factor: mean ratio of the chosen speed to the speed limit.
    """

    name: str
    road_user: RoadUser
    length_m: float
    width_m: float
    height_m: float
    share: float
    accel_ms2: float = 2.4
    speed_factor: float = 1.0

    @property
    def splits_lanes(self) -> bool:
        """True for types that drive between other vehicles within a lane."""
        return self.road_user in TWO_WHEELERS


TRAFFIC_TYPES = (
    VehicleType("matic", RoadUser.MOTORCYCLE, 1.9, 0.72, 1.55, 0.40, accel_ms2=3.2, speed_factor=0.98),
    VehicleType("bebek", RoadUser.MOTORCYCLE, 1.95, 0.70, 1.55, 0.12, accel_ms2=3.2, speed_factor=0.98),
    VehicleType("mpv", RoadUser.CAR, 4.3, 1.70, 1.72, 0.17),
    VehicleType("sedan", RoadUser.CAR, 4.5, 1.75, 1.46, 0.06, speed_factor=1.05),
    VehicleType("hatch", RoadUser.CAR, 3.7, 1.66, 1.52, 0.09),
    VehicleType("angkot", RoadUser.CAR, 3.9, 1.62, 1.85, 0.03, speed_factor=0.9),
    VehicleType("pickup", RoadUser.TRUCK, 4.6, 1.70, 1.85, 0.02, speed_factor=0.92),
    VehicleType("box-truck", RoadUser.TRUCK, 6.2, 2.05, 2.95, 0.04, accel_ms2=1.4, speed_factor=0.85),
    VehicleType("dump-truck", RoadUser.TRUCK, 6.6, 2.30, 2.75, 0.025, accel_ms2=1.2, speed_factor=0.82),
    VehicleType("bus", RoadUser.BUS, 9.8, 2.45, 3.1, 0.025, accel_ms2=1.2, speed_factor=0.85),
    VehicleType("bicycle", RoadUser.BICYCLE, 1.75, 0.60, 1.76, 0.02, accel_ms2=1.0, speed_factor=0.3),
)
"""Types that SUMO inserts by their share, in the order of `TRAFFIC_SHARES`.

About half of the traffic is motorcycles, as in Indonesian cities. Sizes, shares and driving parameters are
[assumption].
"""

PEDESTRIAN = VehicleType("pedestrian", RoadUser.PERSON, 0.45, 0.55, 1.68, 0.0)
"""A person on foot, inserted only by an incident or by the training data; sizes in metres [assumption]."""

VEHICLE_TYPES = (*TRAFFIC_TYPES, PEDESTRIAN)
"""All types. `TrafficState.type_index` is an index into this tuple."""

TRAFFIC_SHARES = np.array([vehicle_type.share for vehicle_type in TRAFFIC_TYPES]) / sum(
    vehicle_type.share for vehicle_type in TRAFFIC_TYPES
)
"""(T,) probability of each of `TRAFFIC_TYPES`; the sum is 1."""

VEHICLE_TYPE_INDEX = {vehicle_type.name: k for k, vehicle_type in enumerate(VEHICLE_TYPES)}
"""Index into `VEHICLE_TYPES` by name."""


def sumo_vehicle_types() -> ET.ElementTree:
    """Vehicle types as a SUMO additional file, for the sublane model.

    Motorcycles and bicycles choose any lateral position in a lane and keep small lateral gaps, so that they queue
    side by side at a red light. The values are [assumption].
    """
    root = ET.Element("additional")
    for vehicle_type in VEHICLE_TYPES:
        speed = vehicle_type.speed_factor
        attributes = {
            "id": vehicle_type.name,
            "vClass": "motorcycle" if vehicle_type.splits_lanes or vehicle_type is PEDESTRIAN else "passenger",
            "length": f"{vehicle_type.length_m}",
            "width": f"{vehicle_type.width_m}",
            "accel": f"{vehicle_type.accel_ms2}",
            "decel": "4.2",
            "emergencyDecel": "8",
            "sigma": "0.4",
            "tau": "0.9" if vehicle_type.splits_lanes else "1.1",
            "minGap": "0.8" if vehicle_type.splits_lanes else "1.6",
            "speedFactor": f"normc({speed},0.08,{speed * 0.75:.2f},{speed * 1.2:.2f})",
            "maxSpeedLat": "1.4" if vehicle_type.splits_lanes else "0.9",
            "minGapLat": "0.25" if vehicle_type.splits_lanes else "0.45",
            "latAlignment": "arbitrary" if vehicle_type.splits_lanes else "center",
            "lcSublane": "1.5" if vehicle_type.splits_lanes else "0.5",
            "lcPushy": "0.4" if vehicle_type.splits_lanes else "0",
        }
        ET.SubElement(root, "vType", attributes)
    return ET.ElementTree(root)
