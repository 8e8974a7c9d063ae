"""The free-flow speed of a zone, learned from the vehicles that pass through it."""

from math import exp, log

import numpy as np

MIN_SPEED_MS, MAX_SPEED_MS, BINS = 0.5, 100.0, 120
QUANTILE = 0.75
MIN_SAMPLES = 25.0
"""Vehicles needed before what was learned is believed."""

HALF_LIFE_SAMPLES = 20_000.0
"""Vehicles after which old ones count half: about a day of a busy road, so that a long jam does not become normal."""

PRIOR_WEIGHT = 500.0
"""Vehicles after which what was learned weighs as much as the speed limit: a few dozen may all have been in one jam."""

LIMIT_SHARE = 0.92
"""Free flow as a share of the speed limit, until it is learned: drivers differ, and few reach the limit exactly."""


class FreeFlowEstimator:
    """A histogram of vehicles' own mean speeds in the zone, in logarithmic bins, with slow forgetting.

    Free flow is its upper quartile, near what drivers choose when nothing holds them up. With a homography the
    speed limit bounds it, so that a camera installed in the middle of a jam is not fooled for long.

    held_up: by a signal. Most of those who pass have waited, so the limit, where it is known, tells more than they do.
    """

    def __init__(self, limit_ms: float | None, *, signalised: bool = False) -> None:
        self._limit_ms = limit_ms
        self._learns = limit_ms is None or not signalised
        self._weights = np.zeros(BINS)
        self._learned: float | None = None

    def learn(self, speed_ms: float) -> None:
        if speed_ms <= MIN_SPEED_MS or not self._learns:
            return
        share = log(speed_ms / MIN_SPEED_MS) / log(MAX_SPEED_MS / MIN_SPEED_MS)
        self._weights[min(BINS - 1, int(share * BINS))] += 1
        if self._weights.sum() > HALF_LIFE_SAMPLES:
            self._weights /= 2
        self._learned = self._upper_quartile()

    @property
    def speed_ms(self) -> float | None:
        """None where it is neither configured nor learned yet."""
        if self._limit_ms is None:
            return self._learned
        expected = LIMIT_SHARE * self._limit_ms
        if self._learned is None:
            return expected
        seen = float(self._weights.sum())
        bounded = min(max(self._learned, 0.85 * expected), 1.1 * expected)
        return (seen * bounded + PRIOR_WEIGHT * expected) / (seen + PRIOR_WEIGHT)

    def _upper_quartile(self) -> float | None:
        total = self._weights.sum()
        if total < MIN_SAMPLES:
            return None
        k = int(np.searchsorted(np.cumsum(self._weights), QUANTILE * total))
        return MIN_SPEED_MS * exp((k + 0.5) / BINS * log(MAX_SPEED_MS / MIN_SPEED_MS))
