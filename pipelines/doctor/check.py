"""What an examination tells."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """ADVICE: it works, and could work better. PROBLEM: something that was asked for does not work."""

    OK = "ok"
    ADVICE = "advice"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    says: in one line, without credentials. facts: the same for programs. advice: what to do, where it is not OK.
    """

    area: str
    subject: str
    says: str
    state: State = State.OK
    advice: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
