"""Handling of an incident: possible steps, the state after them, and the verdict."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.incidents.handling import (
    CLOSED,
    Handling,
    HandlingState,
    Step,
    StepContent,
    StepRefused,
    after,
)

USUAL = (Step.ACKNOWLEDGED, Step.ASSIGNED, Step.VERIFIED, Step.DISPATCHED, Step.CLEARED)


def content(step: Step) -> StepContent:
    """The step with the parts that it needs."""
    return StepContent(
        step=step,
        note="rambu" if step in (Step.REJECTED, Step.NOTED) else "",
        assignee="Patroli 3" if step is Step.ASSIGNED else None,
        merged_into="laluan-1-7" if step is Step.MERGED else None,
    )


def handled(*steps: Step) -> Handling:
    handling = Handling()
    for step in steps:
        handling = after(handling, content(step))
    return handling


def test_an_incident_passes_through_all_states_in_order() -> None:
    states = [handled(*USUAL[:n]).state for n in range(len(USUAL) + 1)]
    assert states == list(HandlingState)[: len(USUAL) + 1]
    assert handled(*USUAL) == Handling(
        state=HandlingState.CLEARED, assignee="Patroli 3", confirmed=True, steps=len(USUAL)
    )


@pytest.mark.parametrize(
    ("steps", "state", "confirmed"),
    [
        ((Step.VERIFIED,), HandlingState.VERIFIED, True),
        ((Step.REJECTED,), HandlingState.REJECTED, False),
        ((Step.VERIFIED, Step.REJECTED), HandlingState.REJECTED, False),
        ((Step.REJECTED, Step.REOPENED), HandlingState.ACKNOWLEDGED, None),
        ((Step.VERIFIED, Step.CLEARED, Step.REOPENED), HandlingState.ACKNOWLEDGED, True),
        ((Step.VERIFIED, Step.MERGED), HandlingState.MERGED, None),
        ((Step.MERGED, Step.REOPENED), HandlingState.ACKNOWLEDGED, None),
        ((Step.ACKNOWLEDGED, Step.CLEARED), HandlingState.CLEARED, None),
        ((Step.NOTED,), HandlingState.NEW, None),
        ((Step.VERIFIED, Step.DISPATCHED, Step.ASSIGNED), HandlingState.DISPATCHED, True),
    ],
)
def test_verdict_is_that_of_the_last_step_that_gives_or_withdraws_one(
    steps: tuple[Step, ...], state: HandlingState, confirmed: bool | None
) -> None:
    handling = handled(*steps)
    assert (handling.state, handling.confirmed, handling.steps) == (state, confirmed, len(steps))


@pytest.mark.parametrize(
    ("before", "step"),
    [
        ((), Step.DISPATCHED),
        ((), Step.CLEARED),
        ((), Step.REOPENED),
        ((Step.ACKNOWLEDGED,), Step.ACKNOWLEDGED),
        ((Step.ACKNOWLEDGED,), Step.DISPATCHED),
        ((Step.VERIFIED,), Step.VERIFIED),
        ((Step.REJECTED,), Step.REJECTED),
        ((Step.REJECTED,), Step.VERIFIED),
        ((Step.MERGED,), Step.ASSIGNED),
        ((Step.VERIFIED, Step.CLEARED), Step.DISPATCHED),
    ],
)
def test_a_step_out_of_order_is_refused_with_the_possible_ones(before: tuple[Step, ...], step: Step) -> None:
    handling = handled(*before)
    with pytest.raises(StepRefused, match=f"is {handling.state} cannot be {step}; possible: .*noted"):
        after(handling, content(step))


@pytest.mark.parametrize(
    "parts",
    [
        {"step": Step.REJECTED, "note": " "},
        {"step": Step.NOTED},
        {"step": Step.ASSIGNED},
        {"step": Step.ASSIGNED, "assignee": " "},
        {"step": Step.MERGED},
        {"step": Step.VERIFIED, "assignee": "Patroli 3"},
        {"step": Step.VERIFIED, "merged_into": "laluan-1-7"},
    ],
)
def test_a_step_needs_its_own_parts_and_no_others(parts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^(note|assignee|merged_into): give "):
        StepContent(**parts)


@given(st.lists(st.sampled_from(Step)))
def test_any_sequence_of_possible_steps_keeps_what_states_mean(steps: list[Step]) -> None:
    handling, taken = Handling(), []
    for step in steps:
        if step in handling.next_steps:
            handling = after(handling, content(step))
            taken.append(step)
        else:
            with pytest.raises(StepRefused):
                after(handling, content(step))
    assert handling.steps == len(taken)
    assert (handling.merged_into is not None) == (handling.state is HandlingState.MERGED)
    assert (handling.state is HandlingState.NEW) == (set(taken) <= {Step.NOTED})
    if handling.state in (HandlingState.VERIFIED, HandlingState.DISPATCHED):
        assert handling.confirmed is True
    if handling.state is HandlingState.REJECTED:
        assert handling.confirmed is False
    assert set(handling.next_steps) & {Step.REOPENED} == ({Step.REOPENED} if handling.state in CLOSED else set())
