"""Classes of road users: their order, the groups that rules refer to, and their typical sizes."""

from enum import StrEnum


class RoadUser(StrEnum):
    """The counted classes. Each is one COCO class; other COCO classes are not counted."""

    CAR = "car"
    MOTORCYCLE = "motorcycle"
    BUS = "bus"
    TRUCK = "truck"
    BICYCLE = "bicycle"
    PERSON = "person"


ROAD_USERS: tuple[RoadUser, ...] = tuple(RoadUser)
"""Fixed order of the classes: a `class_id` is an index into it."""

TWO_WHEELERS = frozenset({RoadUser.MOTORCYCLE, RoadUser.BICYCLE})
"""Ridden machines. A detector confuses them with each other, seldom with larger vehicles."""

VULNERABLE_ROAD_USERS = TWO_WHEELERS | {RoadUser.PERSON}
"""Two-wheelers and pedestrians. One track may change between these classes, seldom to a larger vehicle."""

SIDE_FRICTION = frozenset({RoadUser.BICYCLE, RoadUser.PERSON})
"""Classes without a passenger-car equivalent: side friction, not flow [PKJI 2023; RSNI T-14-2004 has none either]."""

NMS_GROUP: dict[RoadUser, int] = {
    RoadUser.CAR: 0,
    RoadUser.BUS: 0,
    RoadUser.TRUCK: 0,
    RoadUser.MOTORCYCLE: 1,
    RoadUser.BICYCLE: 1,
    RoadUser.PERSON: 2,
}
"""Group of each class in non-maximum suppression: overlapping boxes of one group are one road user.

A van may be detected as car and truck at once. A rider and the motorcycle do overlap, so persons are a group apart.
"""

TYPICAL_LENGTH_M: dict[RoadUser, float] = {
    RoadUser.CAR: 4.6,
    RoadUser.MOTORCYCLE: 2.1,
    RoadUser.BUS: 11.0,
    RoadUser.TRUCK: 8.0,
    RoadUser.BICYCLE: 1.8,
    RoadUser.PERSON: 0.0,
}
"""Length of a vehicle of each class, in metres, for occupancy and queues; a pedestrian adds none [assumption]."""

TYPICAL_HEIGHT_M: dict[RoadUser, float] = {
    RoadUser.CAR: 1.5,
    RoadUser.MOTORCYCLE: 1.6,
    RoadUser.BUS: 3.1,
    RoadUser.TRUCK: 3.0,
    RoadUser.BICYCLE: 1.7,
    RoadUser.PERSON: 1.7,
}
"""Height of a road user of each class, in metres, riders included, for the scale of an uncalibrated image [assumption].
"""
