"""Comparison of two networks: a fall beyond sampling is worse, one within it is not."""

import pytest

from models.examination.comparison import MAX_MARGIN, compare
from models.examination.figures import ExaminedPicture
from tests.support.boxes import examined, found, labelled

MOTORCYCLE, CAR = "motorcycle", "car"


def picture(found_classes: list[str | None], label: str = MOTORCYCLE) -> ExaminedPicture:
    """Picture with one label for each entry: the class that the network gives it, None for missed."""
    places = [(40 * k, 0, 40 * k + 30, 30) for k in range(len(found_classes))]
    detections = [(name, *place) for name, place in zip(found_classes, places, strict=True) if name]
    return examined(found(*detections), labelled(*[(label, *place) for place in places]))


def changed(before: list[list[str | None]], after: list[list[str | None]]) -> dict[str, tuple[float, float, bool]]:
    """(before, after, is worse) of each measure of motorcycles."""
    pictures = [[picture(classes) for classes in seen] for seen in (before, after)]
    return {c.measure: (c.before, c.after, c.is_worse) for c in compare(*pictures)}


def test_the_same_detections_are_not_worse():
    seen = [[MOTORCYCLE, None, CAR]] * 20
    assert changed(seen, seen) == {
        "ap50": (pytest.approx(0.222, abs=0.12), pytest.approx(0.222, abs=0.12), False),
        "right": (pytest.approx(1 / 3), pytest.approx(1 / 3), False),
    }


def test_a_small_fall_in_every_picture_is_worse():
    before = [[MOTORCYCLE] * 20] * 30
    after = [[MOTORCYCLE] * 19 + [CAR]] * 30
    assert changed(before, after)["right"] == (1.0, pytest.approx(0.95), True)


def test_a_fall_in_one_of_many_pictures_is_chance():
    before = [[MOTORCYCLE] * 5] * 60
    after = [[CAR, *[MOTORCYCLE] * 4], *[[MOTORCYCLE] * 5] * 59]
    assert not any(is_worse for _, _, is_worse in changed(before, after).values())


def test_a_large_fall_is_worse_however_few_the_pictures_are():
    worse = changed([[MOTORCYCLE] * 5] * 2, [[CAR] * 2 + [MOTORCYCLE] * 3, [MOTORCYCLE] * 5])
    assert worse["right"] == (1.0, pytest.approx(0.8), True)
    assert MAX_MARGIN < 0.2


def test_more_right_vehicles_are_not_worse():
    assert not any(is_worse for _, _, is_worse in changed([[CAR, None]] * 9, [[MOTORCYCLE] * 2] * 9).values())


def test_classes_without_labels_do_not_decide():
    pictures = [picture([CAR], CAR)] * 3
    assert {change.road_user for change in compare(pictures, pictures)} == {"car"}


def test_other_pictures_cannot_be_compared():
    with pytest.raises(ValueError, match="differ"):
        compare([examined(found(), labelled())], [examined(found(), labelled(), camera="bridge")])
