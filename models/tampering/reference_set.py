"""References of one view for the times of the day, kept while its gates and zones do not change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.tampering.config import DEFAULT_CONFIG, TamperingConfig
from models.tampering.image_stats import BlockStats
from models.tampering.reference_view import IDENTITY, ReferenceView, translation_part

DAY_S = 86_400.0
"""Seconds of a day."""

HOUR_S = 3_600.0
"""Seconds of an hour."""


@dataclass
class ReferenceSet:
    """References in the place of the first, one for each part of the (UTC) day, in `by_time_of_day`.

    A stored reference does not change while the view still resembles it. The learned one is moved back by a measurement
    at each update, and would drift by a pixel within hours [measured]; the stored ones prevent that.
    """

    by_time_of_day: dict[int, ReferenceView] = field(default_factory=dict)
    config: TamperingConfig = DEFAULT_CONFIG

    def store(self, t: float, reference: ReferenceView) -> ReferenceView:
        """Store the view as of `t` (Unix seconds); return it in the place of the stored reference of this time."""
        part = self._part_of_day(t)
        stored = self.by_time_of_day.get(part)
        if stored is None or stored.image.shape != reference.image.shape:
            self.by_time_of_day[part] = reference.copy()
            return reference
        image = np.rint(reference.image).astype(np.uint8)
        alignment = stored.align(image, BlockStats.of(reference.image), IDENTITY)
        drift = alignment.displacement(image.shape[::-1])
        if alignment.matrix is not None and drift > self.config.reference_drift_px:
            reference = reference.warp_to(translation_part(alignment.matrix, image.shape))
        matures = stored.updates < self.config.mature_updates <= reference.updates
        if matures or alignment.agreement < self.config.min_reference_agreement:
            self.by_time_of_day[part] = reference.copy()
        else:
            stored.recognition_rate = reference.recognition_rate
        return reference

    def nearest(self, t: float, shape: tuple[int, ...]) -> Iterator[ReferenceView]:
        """Copies of the references with this image shape, those nearest to this time of the day first."""
        now = self._part_of_day(t)
        for part in sorted(self.by_time_of_day, key=lambda part: self._parts_apart(part, now)):
            if self.by_time_of_day[part].image.shape == shape:
                yield self.by_time_of_day[part].copy()

    def has_time_of_day(self, t: float, shape: tuple[int, ...]) -> bool:
        """Whether there is a reference of this part of the day, in which the light should be alike."""
        stored = self.by_time_of_day.get(self._part_of_day(t))
        return stored is not None and stored.image.shape == shape

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays for a file, about 15 KB a reference. The keys are those of version 0.1.0."""
        arrays: dict[str, NDArray[Any]] = {}
        for part, reference in self.by_time_of_day.items():
            arrays[f"picture_{part}"] = np.rint(reference.image).astype(np.uint8)
            arrays[f"fineness_{part}"] = reference.high_frequency_ratio
            arrays[f"recognised_{part}"] = np.array(reference.recognition_rate)
            arrays[f"looks_{part}"] = np.array(reference.updates)
        return arrays

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[Any]], config: TamperingConfig = DEFAULT_CONFIG
    ) -> "ReferenceSet":
        """Inverse of `to_arrays`. Raises KeyError, TypeError or ValueError for anything else."""
        references = cls(config=config)
        for part in range(references._parts):
            if f"picture_{part}" in arrays:
                references.by_time_of_day[part] = ReferenceView.restored(
                    arrays[f"picture_{part}"].astype(np.float32),
                    arrays[f"fineness_{part}"].astype(np.float32),
                    float(arrays[f"recognised_{part}"]),
                    int(arrays[f"looks_{part}"]),
                    config,
                )
        return references

    @property
    def _parts(self) -> int:
        """Number of parts of a day."""
        return 24 // self.config.reference_hours

    def _part_of_day(self, t: float) -> int:
        return int(t % DAY_S // (HOUR_S * self.config.reference_hours))

    def _parts_apart(self, one: int, other: int) -> int:
        """Distance of two parts of the day; the last is next to the first."""
        apart = abs(one - other)
        return min(apart, self._parts - apart)
