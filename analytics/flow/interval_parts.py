"""Measures of one interval from those of its parts, as a restart of the analysis within a minute leaves them.

Each measure follows its rule over time (`analytics.measures.OverTime`), weighted by the observed share of each part. A
measure of the single crossings is averaged over the observed time where it is a flow, else over the vehicles. Sums are
exact, so that the order of the parts does not matter.
"""

from collections.abc import Callable, Mapping, Sequence
from math import fsum
from typing import Any

from analytics.capacity.pkji import level_of_service
from analytics.facts import LEVEL_ORDER, Level, Sight
from analytics.measures import BothDirections, Measure, OverTime, measures_of

Part = Mapping[str, Any]
"""Measures of a part by name, with `coverage`; enums as members or as their texts."""
_Weight = Callable[[Part], float]

LEAST_DENSITY = 1e-6
"""Density (veh/km/lane) or occupancy of a part without vehicles, so that it has a weight at all. [arbitrary]"""
BLIND_SHARE = 0.1
"""Share of the observed time from which on a worse sight is that of the interval. [`OverTime.WORST_SIGHT`]"""


def merge_parts(kind: type, parts: Sequence[Part]) -> dict[str, Any]:
    """Return the measures of an interval by name. kind: `GateMeasures` or `ZoneMeasures`. parts: at least one.

    >>> from analytics.facts import GateMeasures
    >>> merged = merge_parts(GateMeasures, [{"flow_veh_h": 600, "coverage": 0.5}, {"flow_veh_h": 0, "coverage": 0.25}])
    >>> merged["flow_veh_h"], merged["coverage"], merged["smp_h"]
    (400.0, 0.75, None)
    """
    merged = {name: _merged(name, measure, parts) for name, measure in measures_of(kind).items()}
    if merged.get("level_of_service") is not None:  # so far the mean saturation of the parts that have one
        graded = [part["level_of_service"] for part in parts if part.get("level_of_service") is not None]
        forced = merged["level"] == Level.JAMMED or all(grade == "F" for grade in graded)
        merged["level_of_service"] = level_of_service(merged["level_of_service"], forced=forced)
    return merged


def _merged(name: str, measure: Measure, parts: Sequence[Part]) -> Any:
    rule = measure.over_time
    if rule is OverTime.OF_CROSSINGS:
        rule = OverTime.MEAN if measure.directions is BothDirections.SUM else OverTime.MEAN_OVER_VEHICLES
    assert rule is not None, "a measure of intervals has a rule over time"
    return _RULES[rule](name, parts)


def _observed(part: Part) -> float:
    return float(part["coverage"])


def _vehicles(part: Part) -> float:
    return float(part["coverage"]) * float(part.get("flow_veh_h") or 0.0)


def _time_spent(part: Part) -> float:
    density = part.get("density_veh_km_lane")
    density = part.get("occupancy") if density is None else density
    return float(part["coverage"]) * max(float(density or 0.0), LEAST_DENSITY)


def _mean(name: str, parts: Sequence[Part], weight: _Weight) -> float | None:
    weighted = [(weight(part), float(part[name])) for part in parts if part.get(name) is not None]
    total = fsum(w for w, _ in weighted)
    return fsum(w * value for w, value in weighted) / total if total > 0 else None


def _known(name: str, parts: Sequence[Part]) -> list[Any]:
    return [part[name] for part in parts if part.get(name) is not None]


def _total_share(name: str, parts: Sequence[Part]) -> float:
    return min(1.0, fsum(part[name] for part in parts))


def _largest(name: str, parts: Sequence[Part]) -> Any:
    return max(_known(name, parts), default=None)


def _all_true(name: str, parts: Sequence[Part]) -> bool | None:
    known = _known(name, parts)
    return all(known) if known else None


def _mean_saturation(name: str, parts: Sequence[Part]) -> float | None:
    return _mean("saturation", [part for part in parts if part.get(name) is not None], _observed)


def _longest_known(name: str, parts: Sequence[Part]) -> Level:
    def rank(level: Level) -> tuple[float, int]:
        return fsum(_observed(part) for part in parts if part[name] == level), LEVEL_ORDER.index(level)

    known = {Level(part[name]) for part in parts} - {Level.UNKNOWN}
    return max(known, key=rank, default=Level.UNKNOWN)


def _worst_sight(name: str, parts: Sequence[Part]) -> Sight | None:
    total = fsum(_observed(part) for part in parts)

    def lasted(*sights: Sight) -> float:
        return fsum(_observed(part) for part in parts if part.get(name) in sights)

    found = {part.get(name) for part in parts}
    if Sight.BLIND in found and lasted(Sight.BLIND) >= BLIND_SHARE * total:
        return Sight.BLIND
    if found & {Sight.BLIND, Sight.DOUBTFUL} and lasted(Sight.BLIND, Sight.DOUBTFUL) >= BLIND_SHARE * total:
        return Sight.DOUBTFUL
    return Sight.CLEAR if Sight.CLEAR in found else None


_RULES: dict[OverTime, Callable[[str, Sequence[Part]], Any]] = {
    OverTime.OBSERVED_SHARE: _total_share,
    OverTime.MEAN: lambda name, parts: _mean(name, parts, _observed),
    OverTime.MEAN_OVER_TIME_SPENT: lambda name, parts: _mean(name, parts, _time_spent),
    OverTime.MEAN_OVER_VEHICLES: lambda name, parts: _mean(name, parts, _vehicles),
    OverTime.LARGEST: _largest,
    OverTime.ALL: _all_true,
    OverTime.LONGEST_KNOWN: _longest_known,
    OverTime.WORST_SIGHT: _worst_sight,
    OverTime.OF_SATURATION: _mean_saturation,
}
"""Rule over time -> value of a measure from the parts of an interval."""
