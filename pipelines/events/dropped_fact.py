"""Description of a fact of which no event or report row can be made, so that the others go out without it."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Self

from pydantic import ValidationError

from analytics.facts import Fact
from pipelines.errors import first_problem

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
