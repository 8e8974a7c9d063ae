"""Result of one check of `simpang doctor`."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class CheckState(StrEnum):
    """ADVICE: it works, and could work better. PROBLEM: a part of the configuration does not work."""

    OK = "ok"
    ADVICE = "advice"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """Result of one check.

    area: group of checks, such as "cameras". subject: the checked thing. message: one line without credentials. advice:
    what to do, unless the state is OK. facts: the message as data, for programs.
    """

    area: str
    subject: str
    message: str
    state: CheckState = CheckState.OK
    advice: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
