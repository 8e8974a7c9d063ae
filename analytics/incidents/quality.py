"""Quality of incidents from the verdicts of operators: precision, false alarms, delays, and thresholds.

A verdict is that of the handling: verified is real, rejected is false. Incidents without one count as raised alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

WANTED_PRECISION = 0.9
"""Share of real incidents from which a threshold is suggested. [assumption: one vain trip in ten]"""
MIN_VERDICTS = 20
"""Verdicts of a type below which no threshold is suggested. [assumption: at 20, one verdict is 5 %]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedIncident:
    """An incident and its verdict. confidence: 0..1. confirmed: None without a verdict.

    delay_s: from its start to its detection. acknowledge_s: from its detection to the first step; None without one.
    """

    confidence: float
    confirmed: bool | None
    delay_s: float
    acknowledge_s: float | None = None


@dataclass(frozen=True, slots=True)
class AlarmQuality:
    """Counts, and medians of times in seconds. precision: 0..1; None without a verdict."""

    raised: int
    confirmed: int
    rejected: int
    precision: float | None
    delay_s: float | None
    acknowledge_s: float | None


@dataclass(frozen=True, slots=True)
class SuggestedThreshold:
    """Lowest confidence from which most incidents are real.

    precision, kept: share of real ones among those above it, and of the real ones that lie above it, 0..1.
    """

    confidence: float
    precision: float
    kept: float


def alarm_quality(incidents: Iterable[JudgedIncident]) -> AlarmQuality:
    """Return the quality of these incidents.

    >>> real, false = (JudgedIncident(confidence=0.8, confirmed=c, delay_s=8.0) for c in (True, False))
    >>> alarm_quality([real, real, real, false]).precision
    0.75
    """
    judged = list(incidents)
    confirmed = sum(incident.confirmed is True for incident in judged)
    rejected = sum(incident.confirmed is False for incident in judged)
    return AlarmQuality(
        raised=len(judged),
        confirmed=confirmed,
        rejected=rejected,
        precision=confirmed / (confirmed + rejected) if confirmed + rejected else None,
        delay_s=_median([incident.delay_s for incident in judged]),
        acknowledge_s=_median([incident.acknowledge_s for incident in judged if incident.acknowledge_s is not None]),
    )


def suggested_threshold(incidents: Iterable[JudgedIncident]) -> SuggestedThreshold | None:
    """Return the lowest threshold of confidence that reaches WANTED_PRECISION; None where verdicts show none.

    incidents: of one type, whose confidence is comparable.
    """
    judged = [incident for incident in incidents if incident.confirmed is not None]
    real = sum(incident.confirmed is True for incident in judged)
    if len(judged) < MIN_VERDICTS or real == 0:
        return None
    above, real_above = len(judged), real
    for threshold, equal in groupby(sorted(judged, key=_confidence), key=_confidence):
        if real_above / above >= WANTED_PRECISION:
            return SuggestedThreshold(threshold, real_above / above, real_above / real)
        verdicts = [incident.confirmed for incident in equal]
        above -= len(verdicts)
        real_above -= sum(confirmed is True for confirmed in verdicts)
    return None


def most_within(times_s: Sequence[float], period_s: float) -> int:
    """Return the largest number of times in any period of this length. times_s: in ascending order, seconds.

    >>> most_within([0.0, 590.0, 610.0, 1300.0], 600.0)
    2
    """
    most = first = 0
    for n, time_s in enumerate(times_s):
        while time_s - times_s[first] >= period_s:
            first += 1
        most = max(most, n + 1 - first)
    return most


def _confidence(incident: JudgedIncident) -> float:
    return incident.confidence


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None
