"""Congestion level by the published rule, and the speed of a zone over a rolling window.

Written independently of `analytics.flow`, which the ground truth judges; see docs/adr/0070-independent-oracle.md.
"""

from dataclasses import dataclass

from analytics.facts import Level

FREE_FROM, DENSE_FROM, CONGESTED_FROM = 0.70, 0.50, 0.25
"""Smallest relative speed of the levels free, dense and congested; below it is jammed [source: the rule of Simpang]."""

MIN_VEHICLES = 2.0
"""With fewer vehicles in the zone on average, the level is at most dense [source: the rule of Simpang]."""

FREE_FLOW_SHARE = 0.92
"""Free-flow speed as a share of the speed limit [source: the rule of Simpang for a zone without history]."""

WINDOW_S, SIGNAL_WINDOW_S = 30.0, 120.0
"""Seconds of the rolling window, of an ordinary zone and of one at a signal [source: the rule of Simpang]."""

MIN_VEHICLE_S = 1.0
"""Vehicle-seconds in the window below which there is no speed [assumption]."""


def level_of(relative_speed: float | None, vehicles: float) -> Level:
    """Congestion level of a mean speed relative to free flow; None is a zone without traffic.

    >>> level_of(0.8, 5), level_of(0.6, 5), level_of(0.3, 5), level_of(0.1, 5), level_of(0.1, 1)
    (<Level.FREE: 'free'>, <Level.DENSE: 'dense'>, <Level.CONGESTED: 'congested'>, <Level.JAMMED: 'jammed'>, \
<Level.DENSE: 'dense'>)
    """
    if relative_speed is None or relative_speed >= FREE_FROM:
        return Level.FREE
    if relative_speed >= DENSE_FROM or vehicles < MIN_VEHICLES:
        return Level.DENSE
    return Level.CONGESTED if relative_speed >= CONGESTED_FROM else Level.JAMMED


@dataclass
class _Second:
    """Observed time, vehicle time and vehicle distance of one second of the clock."""

    observed_s: float = 0.0
    vehicle_s: float = 0.0
    vehicle_m: float = 0.0


class SpeedWindow:
    """Space-mean speed of a zone over the last `window_s` seconds, summed again at each reading."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._seconds: dict[int, _Second] = {}

    def add(self, t: float, observed_s: float, vehicle_s: float, vehicle_m: float) -> None:
        """Add a step that ends at `t`: observed time, vehicle time and vehicle distance."""
        second = self._seconds.setdefault(int(t), _Second())
        second.observed_s += observed_s
        second.vehicle_s += vehicle_s
        second.vehicle_m += vehicle_m
        self._seconds = {k: v for k, v in self._seconds.items() if k > t - self._window_s}

    def congested_speed_ms(self) -> float | None:
        """Space-mean speed, m/s; None where it is unknown or too few vehicles travel for congestion.

        It is unknown until half of the window has been observed.
        """
        observed_s = sum(second.observed_s for second in self._seconds.values())
        vehicle_s = sum(second.vehicle_s for second in self._seconds.values())
        if observed_s < self._window_s / 2 or vehicle_s <= MIN_VEHICLE_S or vehicle_s / observed_s < MIN_VEHICLES:
            return None
        return sum(second.vehicle_m for second in self._seconds.values()) / vehicle_s
