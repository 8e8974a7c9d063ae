"""Uptime: observed seconds of the time in which cameras were in service, and the rest by cause."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from analytics.uptime.minute_gap import MINUTE_S, GapCause

Span = tuple[float, float]
"""Beginning and end of a time, in Unix seconds."""


@dataclass(frozen=True, slots=True)
class Uptime:
    """Seconds of cameras in service. unobserved_s: by cause, without those that did not occur."""

    observed_s: float
    unobserved_s: Mapping[GapCause, float]


def uptime_of(service_s: float, gaps_s: Mapping[GapCause, float]) -> Uptime | None:
    """Return the uptime of a camera over a period; None where it was not in service.

    Gaps are limited to the time in service: a camera that is removed may report for some minutes more.

    >>> uptime_of(60.0, {GapCause.LINK: 15})
    Uptime(observed_s=45.0, unobserved_s={<GapCause.LINK: 'link'>: 15.0})
    """
    if service_s <= 0:
        return None
    lost_s = sum(gaps_s.values())
    factor = min(1.0, service_s / lost_s) if lost_s > 0 else 1.0
    unobserved_s = {cause: seconds * factor for cause, seconds in gaps_s.items() if seconds > 0}
    return Uptime(max(0.0, service_s - lost_s), unobserved_s)


def sum_of(uptimes: Iterable[Uptime | None]) -> Uptime | None:
    """Return the uptime of several periods or cameras together; None where none was in service."""
    known = [uptime for uptime in uptimes if uptime is not None]
    unobserved_s: Counter[GapCause] = Counter()
    for uptime in known:
        unobserved_s.update(uptime.unobserved_s)
    return Uptime(sum(uptime.observed_s for uptime in known), dict(unobserved_s)) if known else None


def service_seconds(spans: Iterable[Span], edges: Sequence[float]) -> list[float]:
    """Return the seconds of each period between two edges that lie in one of the spans, counted in whole minutes.

    A minute counts by the state at its start, as its gap does. edges: Unix seconds.
    """
    found = [0.0] * (len(edges) - 1)
    for start, end in spans:
        first, last = _next_minute(start), _next_minute(end)
        for number, (begin, until) in enumerate(pairwise(edges)):
            found[number] += max(0.0, min(until, last) - max(begin, first))
    return found


def _next_minute(at: float) -> float:
    """Return the first start of a minute that is not before `at`."""
    return ceil(at / MINUTE_S) * MINUTE_S
