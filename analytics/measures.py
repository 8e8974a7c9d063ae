"""Description of a measure: unit, meaning, decimals, and the rule that joins several intervals into one."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, get_type_hints


class OverTime(StrEnum):
    """Rule that makes one value of a measure from the values of several intervals."""

    MEAN = "mean over the observed time"
    MEAN_OVER_TIME_SPENT = "mean over the time that vehicles spend in the zone (Edie 1963)"
    MEAN_OVER_VEHICLES = "mean over the vehicles that crossed"
    LARGEST = "the largest"
    ALL = "true if it is true of all"
    LONGEST_KNOWN = "the known value that lasted longest; of equals, the worse"
    WORST_SIGHT = "the worst that lasted for a tenth of the observed time or more"
    OF_CROSSINGS = "computed from the single crossings"
    OF_SATURATION = "computed from the mean saturation of the intervals that have a level of service"
    OBSERVED_SHARE = "observed time over the length of the period"


class BothDirections(StrEnum):
    """Rule that makes one value of a gate from the values of its two directions."""

    SUM = "sum of both directions"
    LARGEST = "the direction that has most"
    TOGETHER = "both directions together"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Annotation of a dataclass field that is a measure of traffic: ``Annotated[float | None, Measure(...)]``.

    digits: decimals in the JSON of `simpang count`. history_digits: decimals over longer periods; by default the same.
    directions: only for measures of a gate.
    """

    description: str
    unit: str = ""
    digits: int = 2
    history_digits: int | None = None
    over_time: OverTime | None = None
    directions: BothDirections | None = None

    def rounded(self, value: Any) -> Any:
        """A float with `digits` decimals; any other value as it is."""
        return round(value, self.digits) if isinstance(value, float) else value

    def rounded_over_time(self, value: Any) -> Any:
        """A float with `history_digits` decimals; any other value as it is."""
        digits = self.digits if self.history_digits is None else self.history_digits
        return round(value, digits) if isinstance(value, float) else value

    @property
    def text(self) -> str:
        """Sentences for a schema: meaning, unit, and the rule over time."""
        rules = "; ".join(rule.value for rule in (self.over_time, self.directions) if rule is not None)
        return " ".join(
            [
                self.description,
                *([f"Unit: {self.unit}."] if self.unit else []),
                *([f"Over several intervals: {rules}."] if rules else []),
            ]
        )

    def __get_pydantic_json_schema__(
        self, core_schema: Any, handler: Callable[[Any], dict[str, Any]]
    ) -> dict[str, Any]:
        """JSON Schema of the field with `text` and unit. Called by pydantic, which is not imported here."""
        unit = {"unit": self.unit} if self.unit else {}
        return {**handler(core_schema), "description": self.text, **unit}


@cache
def measures_of(cls: type) -> dict[str, Measure]:
    """Measures among the annotated fields of a class, by name, in the order of definition.

    >>> from analytics.facts import Crossing
    >>> list(measures_of(Crossing))
    ['speed_kmh', 'speed_sigma_kmh', 'headway_s']
    """
    found = {}
    for name, hint in get_type_hints(cls, include_extras=True).items():
        for annotation in getattr(hint, "__metadata__", ()):
            if isinstance(annotation, Measure):
                found[name] = annotation
    return found
