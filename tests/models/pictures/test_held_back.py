"""Held-back pictures: named camera groups, whole cameras of many, the later pictures of few."""

from pathlib import Path

import pytest

from models.pictures.held_back import HELD_BACK_SHARE, hold_back_groups, hold_back_share
from models.pictures.picture_set import LabelledPicture, UnusablePictures


def pictures(**numbers):
    """So many pictures of each camera, the later ones first."""
    return [
        LabelledPicture(
            Path("set"),
            f"images/{camera}_{k:02d}.jpg",
            camera_group=camera,
            country="Indonesia",
            light="day",
            rain="dry",
            labelled_classes=("car",),
        )
        for camera, number in numbers.items()
        for k in reversed(range(number))
    ]


def held(chosen, mask):
    return [picture for picture, is_held in zip(chosen, mask, strict=True) if is_held]


def test_named_groups_are_held_back_whole():
    chosen = pictures(mast=3, bridge=2)
    assert {p.camera_group for p in held(chosen, hold_back_groups(chosen, ["bridge"]))} == {"bridge"}


def test_an_unknown_group_is_named_beside_the_known_ones():
    with pytest.raises(UnusablePictures, match="'tower'; known are bridge, mast"):
        hold_back_groups(pictures(mast=1, bridge=1), ["tower"])


def test_of_many_cameras_whole_ones_are_held_back_and_most_pictures_are_not():
    chosen = pictures(**{f"camera{k}": 10 for k in range(10)})
    mask = hold_back_share(chosen)
    groups = {p.camera_group for p in held(chosen, mask)}
    assert mask.mean() == HELD_BACK_SHARE
    assert sum(p.camera_group in groups for p in chosen) == mask.sum()


def test_a_camera_that_is_held_back_stays_so_when_cameras_are_added():
    few, many = (pictures(**{f"camera{k}": 10 for k in range(number)}) for number in (5, 6))
    groups = [{p.camera_group for p in held(chosen, hold_back_share(chosen))} for chosen in (few, many)]
    assert groups[0] <= groups[1] | {"camera5"}


def test_large_cameras_never_leave_less_than_half_of_the_cameras():
    chosen = pictures(a=1, b=1, c=1, d=1, e=100)
    assert len({p.camera_group for p in held(chosen, hold_back_share(chosen))}) <= 2


def test_of_few_cameras_the_later_pictures_are_held_back():
    chosen = pictures(mast=10, bridge=5)
    assert sorted(p.file for p in held(chosen, hold_back_share(chosen))) == [
        "images/bridge_04.jpg",
        "images/mast_08.jpg",
        "images/mast_09.jpg",
    ]


def test_without_pictures_none_is_held_back():
    assert hold_back_share([]).tolist() == []
