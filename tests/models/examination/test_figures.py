"""Figures of an examination: counts by class and attribute, and their shares."""

import pytest

from models.examination.figures import examination_json
from tests.support.boxes import examined, found, labelled

DAY = examined(
    found(("car", 0, 0, 40, 40), ("person", 100, 0, 120, 40), ("bus", 300, 0, 340, 40)),
    labelled(("car", 0, 0, 40, 40), ("motorcycle", 100, 0, 120, 40), ("car", 200, 0, 210, 10)),
)
NIGHT = examined(found(), labelled(("car", 0, 0, 40, 40)), light="night", camera="bridge")


def test_totals_count_labels_matches_right_classes_and_false_detections():
    figures = examination_json([DAY, NIGHT])
    assert {key: figures[key] for key in ("pictures", "boxes", "found", "right", "unmatched")} == {
        "pictures": 2,
        "boxes": 4,
        "found": 2,
        "right": 1,
        "unmatched": 1,
    }
    assert (figures["found_share"], figures["right_share"], figures["unmatched_per_match"]) == (0.5, 0.25, 0.5)


def test_each_row_counts_one_labelled_class_of_one_camera_and_light():
    rows = examination_json([DAY, NIGHT])["by"]
    keys = ("set", "light", "rain", "country", "camera_group", "class", "boxes", "found", "right", "unmatched")
    assert [tuple(row[key] for key in keys) for row in rows] == [
        ("bogor", "day", "wet", "Indonesia", "mast", "car", 2, 1, 1, 0),
        ("bogor", "day", "wet", "Indonesia", "mast", "motorcycle", 1, 1, 0, 0),
        ("bogor", "night", "wet", "Indonesia", "bridge", "car", 1, 0, 0, 0),
    ]


def test_average_precision_is_the_mean_over_classes_with_labels():
    figures = examination_json([DAY, NIGHT])
    assert figures["classes"]["car"]["ap50"] == pytest.approx(0.337, abs=0.01), "one of three cars, none false"
    assert figures["classes"]["motorcycle"]["ap50"] == 0.0
    assert figures["classes"]["bus"]["ap50"] is None
    assert figures["ap50"] == pytest.approx(figures["classes"]["car"]["ap50"] / 2, abs=1e-4)


def test_height_counts_as_in_a_picture_of_1280_pixels_also_upright():
    boxes = labelled(("car", 0, 0, 40, 17), ("car", 100, 0, 140, 16))
    assert [
        examination_json([examined(found(), boxes, size=size)])["tall_boxes"] for size in ((640, 360), (360, 640))
    ] == [1, 1]
    assert examination_json([examined(found(), boxes, size=(1280, 720))])["tall_boxes"] == 0


def test_labels_are_listed_by_the_class_of_their_detection():
    named = examination_json([DAY, NIGHT])["named"]
    assert (named["car"]["car"], named["car"]["missed"], named["motorcycle"]["person"]) == (1, 2, 1)


def test_pictures_without_any_box_have_no_shares():
    figures = examination_json([examined(found(), labelled())])
    assert (figures["boxes"], figures["found_share"], figures["ap50"], figures["by"]) == (0, None, None, [])
