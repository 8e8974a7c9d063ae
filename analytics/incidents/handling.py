"""Handling of an incident by operators: which step may follow, and the state after it.

Steps are only added, never changed, so the state of an incident follows from its steps alone.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Step(StrEnum):
    """A step of the handling, named by what was done."""

    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    VERIFIED = "verified"
    DISPATCHED = "dispatched"
    CLEARED = "cleared"
    REJECTED = "rejected"
    REOPENED = "reopened"
    MERGED = "merged"
    NOTED = "noted"


class HandlingState(StrEnum):
    """State of the handling, in the order in which an incident passes through it; rejected and merged end it, too."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    VERIFIED = "verified"
    DISPATCHED = "dispatched"
    CLEARED = "cleared"
    REJECTED = "rejected"
    MERGED = "merged"


CLOSED = frozenset({HandlingState.CLEARED, HandlingState.REJECTED, HandlingState.MERGED})
"""States in which nothing is left to do. [definition]"""
OPEN = frozenset(HandlingState) - CLOSED
"""All other states. [definition]"""

_FROM: dict[Step, frozenset[HandlingState]] = {
    Step.ACKNOWLEDGED: frozenset({HandlingState.NEW}),
    Step.ASSIGNED: OPEN,
    Step.VERIFIED: frozenset({HandlingState.NEW, HandlingState.ACKNOWLEDGED, HandlingState.ASSIGNED}),
    Step.DISPATCHED: frozenset({HandlingState.VERIFIED}),
    Step.CLEARED: OPEN - {HandlingState.NEW},
    Step.REJECTED: OPEN,
    Step.REOPENED: CLOSED,
    Step.MERGED: OPEN,
    Step.NOTED: frozenset(HandlingState),
}
"""States in which each step is possible: help is sent to verified incidents only. [definition]"""


class StepRefused(ValueError):
    """A step that is not possible. The message is one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContent:
    """What an operator did. assignee: name of a person or unit. merged_into: id of the incident that remains.

    Raises ValueError where a part is missing that the step needs, or given that belongs to another step.
    """

    step: Step
    note: str = ""
    assignee: str | None = None
    merged_into: str | None = None

    def __post_init__(self) -> None:
        if self.step in (Step.REJECTED, Step.NOTED) and not self.note.strip():
            raise ValueError(f"note: give it with the step {self.step}")
        if (self.step is Step.ASSIGNED) != bool((self.assignee or "").strip()):
            raise ValueError("assignee: give a person or unit with the step assigned, and with no other")
        if (self.step is Step.MERGED) != bool(self.merged_into):
            raise ValueError("merged_into: give the id of the incident that remains with the step merged, and no other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """Handling after some steps.

    confirmed: True for a real incident, False for a false alarm, None without a verdict. steps: how many there were.
    """

    state: HandlingState = HandlingState.NEW
    assignee: str | None = None
    confirmed: bool | None = None
    merged_into: str | None = None
    steps: int = 0

    @property
    def next_steps(self) -> tuple[Step, ...]:
        """Steps that are possible now."""
        return tuple(step for step in Step if self.state in _FROM[step])


def after(handling: Handling, content: StepContent) -> Handling:
    """Return the handling after one more step. Raises StepRefused for one that is not possible.

    >>> after(Handling(), StepContent(step=Step.ACKNOWLEDGED)).state.value
    'acknowledged'
    """
    if handling.state not in _FROM[content.step]:
        possible = ", ".join(handling.next_steps)
        raise StepRefused(f"An incident that is {handling.state} cannot be {content.step}; possible: {possible}.")
    return replace(_changed(handling, content), steps=handling.steps + 1)


def _changed(handling: Handling, content: StepContent) -> Handling:
    match content.step:
        case Step.ASSIGNED:
            early = handling.state in (HandlingState.NEW, HandlingState.ACKNOWLEDGED)
            assigned = HandlingState.ASSIGNED if early else handling.state
            return replace(handling, state=assigned, assignee=content.assignee)
        case Step.VERIFIED:
            return replace(handling, state=HandlingState.VERIFIED, confirmed=True)
        case Step.REJECTED:
            return replace(handling, state=HandlingState.REJECTED, confirmed=False)
        case Step.MERGED:
            # The incident that remains has the verdict, or one accident would count twice.
            return replace(handling, state=HandlingState.MERGED, confirmed=None, merged_into=content.merged_into)
        case Step.REOPENED:
            confirmed = None if handling.state is HandlingState.REJECTED else handling.confirmed
            return replace(handling, state=HandlingState.ACKNOWLEDGED, confirmed=confirmed, merged_into=None)
        case Step.NOTED:
            state = handling.state
        case Step.ACKNOWLEDGED | Step.DISPATCHED | Step.CLEARED:
            state = HandlingState(content.step.value)
    return replace(handling, state=state)
