"""Free-flow speed of a zone, learned from the vehicles that drive through it."""

from math import exp, log

import numpy as np

MIN_SPEED_MS, MAX_SPEED_MS, BINS = 0.5, 100.0, 120
"""Range (m/s) and number of the histogram's logarithmic bins [assumption]."""

QUANTILE = 0.75
"""Quantile of the vehicles' mean speeds that is the free-flow speed [assumption]."""

MIN_SAMPLES = 25.0
"""Vehicles needed before the learned speed is used [assumption]."""

HALF_LIFE_SAMPLES = 20_000.0
"""Vehicles after which older ones count half: about a day on a busy road [assumption].

A long jam therefore does not become the norm.
"""

PRIOR_WEIGHT = 500.0
"""Vehicles at which the learned speed weighs as much as the speed limit: a few dozen may be from one jam [assumption].
"""

LIMIT_SHARE = 0.92
"""Free-flow speed as a share of the speed limit, before it is learned: few drivers reach the limit [assumption]."""

LEARNED_BOUNDS = (0.85, 1.1)
"""Bounds of the learned speed, as shares of the speed expected from the limit [assumption]."""


class FreeFlowEstimator:
    """Upper quartile of vehicles' mean speeds in the zone, from a histogram that forgets slowly.

    The upper quartile is near the speed that drivers choose without obstruction. A known speed limit bounds the
    estimate, so that a camera installed during a jam starts with a usable value.

    limit_ms: speed limit in m/s, None if unknown or for an uncalibrated camera. signalised: the zone is at a signal.
    Most vehicles there have waited, so with a known limit their speeds are not used.
    """

    def __init__(self, limit_ms: float | None, *, signalised: bool = False) -> None:
        self._limit_ms = limit_ms
        self._learns = limit_ms is None or not signalised
        self._weights = np.zeros(BINS)
        self._learned: float | None = None

    def add(self, speed_ms: float) -> None:
        """Add the mean speed of one vehicle through the zone."""
        if speed_ms <= MIN_SPEED_MS or not self._learns:
            return
        share = log(speed_ms / MIN_SPEED_MS) / log(MAX_SPEED_MS / MIN_SPEED_MS)
        self._weights[min(BINS - 1, int(share * BINS))] += 1
        if self._weights.sum() > HALF_LIFE_SAMPLES:
            self._weights /= 2
        self._learned = self._upper_quartile()

    @property
    def speed_ms(self) -> float | None:
        """Free-flow speed in m/s; None while it is neither configured nor learned."""
        if self._limit_ms is None:
            return self._learned
        expected = LIMIT_SHARE * self._limit_ms
        if self._learned is None:
            return expected
        samples, (lowest, highest) = float(self._weights.sum()), LEARNED_BOUNDS
        bounded = min(max(self._learned, lowest * expected), highest * expected)
        return (samples * bounded + PRIOR_WEIGHT * expected) / (samples + PRIOR_WEIGHT)

    def _upper_quartile(self) -> float | None:
        total = self._weights.sum()
        if total < MIN_SAMPLES:
            return None
        k = int(np.searchsorted(np.cumsum(self._weights), QUANTILE * total))
        return MIN_SPEED_MS * exp((k + 0.5) / BINS * log(MAX_SPEED_MS / MIN_SPEED_MS))
