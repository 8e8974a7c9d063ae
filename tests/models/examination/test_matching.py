"""Matching of detections with labels: one to one, any class, and what counts as false."""

from models.examination.matching import match_detections
from tests.support.boxes import found, labelled


def test_a_detection_of_another_class_finds_a_label_but_is_not_right():
    match = match_detections(found(("person", 0, 0, 20, 40)), labelled(("motorcycle", 0, 0, 20, 40)))
    assert (match.is_found.tolist(), match.is_right.tolist(), match.is_false.tolist()) == ([True], [False], [False])


def test_an_overlap_below_the_least_one_is_a_miss_and_a_false_detection():
    match = match_detections(found(("car", 20, 0, 60, 40)), labelled(("car", 0, 0, 40, 40)))
    assert (match.detection.tolist(), match.is_false.tolist()) == ([-1], [True]), "IoU 1/3"


def test_one_detection_finds_one_label():
    match = match_detections(found(("car", 0, 0, 40, 40)), labelled(("car", 0, 0, 40, 38), ("car", 0, 2, 40, 40)))
    assert match.is_found.sum() == 1


def test_the_right_class_is_preferred_to_the_larger_overlap():
    both = found(("person", 0, 0, 20, 40), ("motorcycle", 0, 8, 20, 40))
    match = match_detections(both, labelled(("motorcycle", 0, 0, 20, 40)))
    assert (match.detection.tolist(), match.is_right.tolist()) == ([1], [True])
    assert match.is_false.tolist() == [False, False], "the person rides the labelled motorcycle"


def test_two_matches_are_better_than_one_with_the_larger_overlap():
    labels = labelled(("car", 0, 0, 40, 40), ("car", 16, 0, 56, 40))
    match = match_detections(found(("car", 0, 0, 40, 40), ("car", 10, 0, 50, 40)), labels)
    assert match.detection.tolist() == [0, 1]
    match = match_detections(found(("car", 8, 0, 48, 40), ("car", -12, 0, 28, 40)), labels)
    assert match.detection.tolist() == [1, 0], "the other pairing leaves one label alone"


def test_a_person_beside_the_labelled_motorcycle_is_false_where_persons_are_labelled():
    walker = found(("person", 15, 0, 35, 40))
    motorcycle = ("motorcycle", 0, 0, 20, 40)
    assert match_detections(walker, labelled(motorcycle)).is_false.tolist() == [True]
    assert match_detections(walker, labelled(motorcycle, classes="car motorcycle")).is_false.tolist() == [False]


def test_a_detection_mostly_in_an_ignored_area_is_not_false():
    labels = labelled(ignored=((0, 0, 100, 100),))
    boxes = found(("car", 80, 0, 115, 40), ("car", 90, 0, 125, 40))
    assert match_detections(boxes, labels).is_false.tolist() == [False, True]


def test_a_label_in_an_ignored_area_is_found_or_missed_like_any_other():
    labels = labelled(("car", 0, 0, 40, 40), ("car", 50, 0, 90, 40), ignored=((0, 0, 100, 100),))
    match = match_detections(found(("car", 0, 0, 40, 40)), labels)
    assert (match.is_found.tolist(), match.is_false.tolist()) == ([True, False], [False])


def test_a_class_that_is_labelled_in_part_is_found_and_never_false():
    labels = labelled(("bicycle", 0, 0, 20, 40), classes="car")
    match = match_detections(found(("bicycle", 0, 0, 20, 40), ("bicycle", 60, 0, 80, 40)), labels)
    assert (match.is_right.tolist(), match.is_false.tolist()) == ([True], [False, False])


def test_empty_pictures_have_empty_matches():
    assert match_detections(found(), labelled()).detection.tolist() == []
    assert match_detections(found(("car", 0, 0, 9, 9)), labelled()).is_false.tolist() == [True]
    assert match_detections(found(), labelled(("car", 0, 0, 9, 9))).is_found.tolist() == [False]
