"""Description of a fact of which no event or report row can be made, so that the others go out without it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from math import isfinite
from types import NoneType
from typing import Any, Self, TypeVar, get_args, get_type_hints

from pydantic import ValidationError

from analytics.facts import Fact
from pipelines.errors import first_problem

_AnyFact = TypeVar("_AnyFact")

_REQUIRED = frozenset({"end_s"})
"""Optional fields of which None is a statement: an incident without an end goes on."""

_KINDS = {
    "Crossing": "crossing",
    "GateInterval": "gate interval",
    "ZoneInterval": "zone interval",
    "LevelChange": "level",
    "Incident": "incident",
    "Coverage": "coverage",
    "Trip": "trip",
}
"""Name of each kind of fact in texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedFact:
    """A fact that was dropped. place: id of its gate or zone; t: its time in seconds; None where it has none."""

    kind: str
    place: str | None
    t: float | None
    reason: str

    @classmethod
    def of(cls, fact: Fact, error: Exception) -> Self:
        """Describe a fact. error: raised when its event or row was made."""
        place = getattr(fact, "gate", None) or getattr(fact, "zone", None)
        t = getattr(fact, "t", getattr(fact, "start_s", None))
        reason = first_problem(error) if isinstance(error, ValidationError) else str(error) or type(error).__name__
        return cls(
            kind=_KINDS[type(fact).__name__],
            place=None if place is None else str(place),
            t=t if isinstance(t, int | float) and isfinite(t) else None,
            reason=reason,
        )

    @classmethod
    def of_values(cls, fact: Fact, names: list[str]) -> Self:
        """Describe values that were left out of a fact. names: of its fields."""
        return cls.of(fact, ValueError(f"{', '.join(names)}: not a finite number; reported without it"))

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read what `as_json` returned."""
        return cls(kind=row["fact"], place=row["place"], t=row["t"], reason=row["reason"])

    def __str__(self) -> str:
        """Return one line for people.

        >>> str(DroppedFact(kind="zone interval", place="z", t=60.0, reason="queue_m: must be finite"))
        'zone interval of z at 60 s: queue_m: must be finite'
        """
        of, at = ("" if self.place is None else f" of {self.place}"), ("" if self.t is None else f" at {self.t:.0f} s")
        return f"{self.kind}{of}{at}: {self.reason}"

    def as_json(self) -> dict[str, Any]:
        """Return the description for a report."""
        return {"fact": self.kind, "place": self.place, "t": self.t, "reason": self.reason}


def without_unusable_values(fact: _AnyFact) -> tuple[_AnyFact, list[str]]:
    """Return the fact with None for each optional value that is not a finite number, and the names of these."""
    kind: type = type(fact)
    removed: dict[str, Any] = {}
    names: list[str] = []
    for field in fields(fact):  # type: ignore[arg-type]
        value = getattr(fact, field.name)
        if is_dataclass(value) and not isinstance(value, type):
            inner, inner_names = without_unusable_values(value)
            if inner_names:
                removed[field.name] = inner
                names += [f"{field.name}.{name}" for name in inner_names]
        elif field.name in _optional_fields(kind) and not _is_finite(value):
            removed[field.name] = None
            names.append(field.name)
    return (replace(fact, **removed), names) if removed else (fact, [])  # type: ignore[type-var]


def _is_finite(value: Any) -> bool:
    numbers = value if isinstance(value, tuple) else (value,)
    return all(isfinite(number) for number in numbers if isinstance(number, int | float))


@cache
def _optional_fields(cls: type) -> frozenset[str]:
    hints = get_type_hints(cls)
    return frozenset(name for name, hint in hints.items() if NoneType in get_args(hint)) - _REQUIRED
