"""How one view looks at different times of the day, kept for as long as its gates and zones stay as they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.tampering.image_stats import BlockStats
from models.tampering.reference_view import IDENTITY, ReferenceView, shift_alone

PAGE_HOURS = 3
DAY_S = 86_400.0
_PER_DAY = 24 // PAGE_HOURS


MATURE_LOOKS = 300
"""Of a view that was looked at for less, there is too much traffic in the picture to keep it for ever."""

STILL_ALIKE = 0.5
"""A page of which less is found again is out of date."""

OUT_OF_PLACE = 0.3
"""Pixels."""


@dataclass
class ReferenceSet:
    """A reference for every three hours of the day, all in the place of the first. pages: by part of the (UTC) day.

    Pages stay as they are for as long as the view still looks like them: what is learned with every look is put back
    into the place of the last by a measurement, and would go astray by a pixel within hours (it did). They hold it.
    """

    by_time_of_day: dict[int, ReferenceView] = field(default_factory=dict)

    def keep(self, t: float, reference: ReferenceView) -> ReferenceView:
        """The view as it looks at `t` (Unix seconds); returns it in the place of the page of this part of the day."""
        page = self.by_time_of_day.get(_part_of_day(t))
        if page is None or page.picture.shape != reference.picture.shape:
            self.by_time_of_day[_part_of_day(t)] = reference.copy()
            return reference
        picture = np.rint(reference.picture).astype(np.uint8)
        alignment = page.align(picture, BlockStats.of(reference.picture), IDENTITY)
        if alignment.matrix is not None and alignment.displacement(picture.shape[::-1]) > OUT_OF_PLACE:
            reference = reference.warp_to(shift_alone(alignment.matrix, picture.shape))
        if page.looks < MATURE_LOOKS <= reference.looks or alignment.agree < STILL_ALIKE:
            self.by_time_of_day[_part_of_day(t)] = reference.copy()
        else:
            page.recognised = reference.recognised
        return reference

    def near(self, t: float, shape: tuple[int, ...]) -> Iterator[ReferenceView]:
        """Copies of those of this picture size, the nearest to this time of the day first."""
        for part in sorted(self.by_time_of_day, key=lambda part: _apart(part, _part_of_day(t))):
            if self.by_time_of_day[part].picture.shape == shape:
                yield self.by_time_of_day[part].copy()

    def knows_this_hour(self, t: float, shape: tuple[int, ...]) -> bool:
        """Whether there is one of this part of the day, so that the light should be alike."""
        page = self.by_time_of_day.get(_part_of_day(t))
        return page is not None and page.picture.shape == shape

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Small enough to be written to disk now and then: some 15 KB a page."""
        arrays: dict[str, NDArray[Any]] = {}
        for part, page in self.by_time_of_day.items():
            arrays[f"picture_{part}"] = np.rint(page.picture).astype(np.uint8)
            arrays[f"fineness_{part}"] = page.fineness
            arrays[f"recognised_{part}"] = np.array(page.recognised)
            arrays[f"looks_{part}"] = np.array(page.looks)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "ReferenceSet":
        """Raises KeyError, TypeError or ValueError for anything but what `to_arrays` gave."""
        album = cls()
        for part in range(_PER_DAY):
            if f"picture_{part}" in arrays:
                picture, fineness = arrays[f"picture_{part}"], arrays[f"fineness_{part}"]
                album.by_time_of_day[part] = ReferenceView.restored(
                    picture.astype(np.float32),
                    fineness.astype(np.float32),
                    float(arrays[f"recognised_{part}"]),
                    int(arrays[f"looks_{part}"]),
                )
        return album


def _part_of_day(t: float) -> int:
    return int(t % DAY_S // (3600 * PAGE_HOURS))


def _apart(one: int, other: int) -> int:
    """Around midnight the last part of a day is next to the first."""
    apart = abs(one - other)
    return min(apart, _PER_DAY - apart)
