"""Class groups and typical sizes."""

from analytics.road_users import (
    NMS_GROUP,
    ROAD_USERS,
    SIDE_FRICTION,
    TWO_WHEELERS,
    TYPICAL_HEIGHT_M,
    TYPICAL_LENGTH_M,
    VULNERABLE_ROAD_USERS,
    RoadUser,
)


def test_class_ids_are_fixed():
    """Recorded detections and model metadata store these indices."""
    assert [user.value for user in ROAD_USERS] == ["car", "motorcycle", "bus", "truck", "bicycle", "person"]


def test_every_class_has_sizes_and_a_group():
    assert set(NMS_GROUP) == set(TYPICAL_HEIGHT_M) == set(TYPICAL_LENGTH_M) == set(RoadUser)


def test_vulnerable_road_users_are_two_wheelers_and_pedestrians():
    assert TWO_WHEELERS < VULNERABLE_ROAD_USERS
    assert frozenset({RoadUser.PERSON}) == VULNERABLE_ROAD_USERS - TWO_WHEELERS
    assert RoadUser.MOTORCYCLE not in SIDE_FRICTION
