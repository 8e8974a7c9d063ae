"""Raw network outputs, built by hand, to detections."""

import numpy as np
import pytest

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, RoadUser
from models.detection.yolo_postprocess import decode_anchor_free, decode_end_to_end, nms
from models.weights.model_metadata import ModelMetadata

NAMES = {0: "person", 1: "kite", 2: "car", 3: "truck", 4: "motorcycle"}
ROAD_USERS_OF_MODEL = ModelMetadata(NAMES, 32).road_users


def named(detections: Detections) -> list[RoadUser]:
    return [ROAD_USERS[class_id] for class_id in detections.class_id]


def dense(*candidates: tuple[tuple[float, float, float, float], dict[str, float]]) -> np.ndarray:
    """(4 + classes, N) from (cx, cy, w, h) and scores by class name."""
    columns = [[*box, *(scores.get(name, 0.0) for name in NAMES.values())] for box, scores in candidates]
    return np.array(columns, dtype=np.float32).reshape(-1, 4 + len(NAMES)).T


def boxes(*rows: tuple[float, float, float, float, float, RoadUser]) -> Detections:
    return Detections(
        np.array([row[:4] for row in rows], dtype=np.float32).reshape(-1, 4),
        np.array([row[4] for row in rows], dtype=np.float32),
        np.array([ROAD_USERS.index(row[5]) for row in rows], dtype=np.int64),
    )


def test_dense_head_gives_corners_and_the_best_of_our_classes():
    found = decode_anchor_free(dense(((50, 40, 20, 10), {"car": 0.8, "truck": 0.3})), ROAD_USERS_OF_MODEL, 0.25)
    assert found.xyxy.tolist() == [[40, 35, 60, 45]]
    assert named(found) == [RoadUser.CAR]
    assert found.confidence == pytest.approx([0.8])


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({"car": 0.24}, 0),  # below the threshold
        ({"kite": 0.9}, 0),  # not a road user
        ({"kite": 0.9, "motorcycle": 0.3}, 1),  # something else, but a road user too
        ({"motorcycle": 0.12, "car": 0.11}, 1),  # may have a rider
        ({"motorcycle": 0.08}, 0),
    ],
)
def test_dense_head_keeps_confident_road_users(scores, expected):
    assert len(decode_anchor_free(dense(((50, 40, 20, 10), scores)), ROAD_USERS_OF_MODEL, 0.25)) == expected


def test_end_to_end_head_keeps_confident_road_users():
    rows = np.array(
        [
            [10, 20, 30, 40, 0.9, 2],
            [10, 20, 30, 40, 0.9, 1],
            [10, 20, 30, 40, 0.9, 79],
            [50, 20, 70, 40, 0.12, 2],
            [50, 20, 70, 40, 0.12, 4],
            [0, 0, 0, 0, 0, 0],
        ],
        np.float32,
    )
    found = decode_end_to_end(rows, ROAD_USERS_OF_MODEL, 0.25)
    assert found.xyxy.tolist() == [[10, 20, 30, 40], [50, 20, 70, 40]]
    assert named(found) == [RoadUser.CAR, RoadUser.MOTORCYCLE]


def test_nothing_found_is_empty_for_both_heads():
    assert len(nms(decode_anchor_free(dense(), ROAD_USERS_OF_MODEL, 0.25))) == 0
    assert len(decode_end_to_end(np.zeros((300, 6), np.float32), ROAD_USERS_OF_MODEL, 0.25)) == 0


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        # the same car, a little off
        ((1, 0, 101, 50, 0.6, RoadUser.CAR), [RoadUser.CAR]),
        # a van detected as car and truck is one road user
        ((1, 0, 101, 50, 0.6, RoadUser.TRUCK), [RoadUser.CAR]),
        # the surer of two wins, whichever comes first
        ((1, 0, 101, 50, 0.95, RoadUser.TRUCK), [RoadUser.TRUCK]),
        # people may stand before a car
        ((1, 0, 101, 50, 0.6, RoadUser.PERSON), [RoadUser.CAR, RoadUser.PERSON]),
        # cars one behind the other overlap a little
        ((60, 0, 160, 50, 0.6, RoadUser.CAR), [RoadUser.CAR, RoadUser.CAR]),
    ],
)
def test_one_thing_is_one_box(second, expected):
    found = nms(boxes((0, 0, 100, 50, 0.9, RoadUser.CAR), second))
    assert named(found) == expected


def test_pixels_far_from_the_corner_overlap_as_near_ones_do():
    near = boxes((0, 0, 10, 10, 0.9, RoadUser.CAR), (1, 0, 11, 10, 0.8, RoadUser.CAR))
    far = Detections(near.xyxy + 4000, near.confidence, near.class_id)
    assert len(nms(near)) == len(nms(far)) == 1
