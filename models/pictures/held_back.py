"""Pictures that a training holds back for the examination of its network: whole cameras, or later pictures of each."""

import hashlib
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from models.pictures.picture_set import LabelledPicture, UnusablePictures

HELD_BACK_SHARE = 0.2
"""Share of the pictures that is held back where no camera groups are named, 0..1 [assumption]."""

MIN_CAMERAS = 4
"""Camera groups from which whole ones are held back; of fewer, the later pictures of each [assumption]."""


def hold_back_groups(pictures: Sequence[LabelledPicture], groups: Collection[str]) -> NDArray[np.bool_]:
    """(pictures,) mask of the pictures of these camera groups. Raises UnusablePictures for an unknown group."""
    known = {picture.camera_group for picture in pictures}
    for group in groups:
        if group not in known:
            raise UnusablePictures(f"no picture is of the camera group {group!r}; known are {', '.join(sorted(known))}")
    return np.array([picture.camera_group in groups for picture in pictures], dtype=np.bool_)


def hold_back_share(pictures: Sequence[LabelledPicture]) -> NDArray[np.bool_]:
    """(pictures,) mask of about `HELD_BACK_SHARE` of the pictures.

    Whole cameras where there are `MIN_CAMERAS`, in an order that stays when cameras are added; never more than half of
    them. Else the last pictures of each camera, by file name: neighbours in time are nearly equal.
    """
    groups = sorted({picture.camera_group for picture in pictures}, key=_place_in_order)
    if len(groups) < MIN_CAMERAS:
        return _last_of_each(pictures)
    chosen: set[str] = set()
    for group in groups[: len(groups) // 2]:
        chosen.add(group)
        mask = hold_back_groups(pictures, chosen)
        if mask.mean() >= HELD_BACK_SHARE:
            break
    return mask


def _place_in_order(group: str) -> str:
    return hashlib.sha256(group.encode()).hexdigest()


def _last_of_each(pictures: Sequence[LabelledPicture]) -> NDArray[np.bool_]:
    mask = np.zeros(len(pictures), dtype=np.bool_)
    for group in {picture.camera_group for picture in pictures}:
        members = [k for k, picture in enumerate(pictures) if picture.camera_group == group]
        members.sort(key=lambda k: pictures[k].file)
        held = round(len(members) * HELD_BACK_SHARE)
        mask[members[len(members) - held :]] = True
    return mask
