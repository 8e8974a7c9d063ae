"""Token bucket of frames whose rate changes."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.rate_limiter import MAX_CREDIT_LEFT, RateLimiter


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.tuples(st.floats(0.001, 3.0), st.floats(0.2, 20.0)), min_size=1, max_size=60))
def test_no_more_frames_than_requested_whatever_the_rate_does(steps: list[tuple[float, float]]) -> None:
    limiter, now, requested, frames = RateLimiter(), 0.0, 0.0, 0
    for step, fps in steps:
        now += step
        requested += step * fps
        while limiter.credit(fps, now) >= 1:
            limiter.spend(fps, now)
            frames += 1
            assert limiter.credit(fps, now) <= MAX_CREDIT_LEFT + 1e-9
    # Credit is time: what remained at one rate is worth more frames at a higher one.
    assert frames <= requested + 1 + MAX_CREDIT_LEFT * (1 + len(steps))


def test_no_frame_is_ever_due_at_a_rate_of_zero() -> None:
    limiter = RateLimiter()
    assert limiter.is_due(5.0, 0.0)
    assert not limiter.is_due(0.0, 1e9)
    assert limiter.due_at(0.0) == math.inf


def test_an_early_frame_makes_the_next_one_no_earlier() -> None:
    limiter = RateLimiter(max_credit_left=0.0, early=0.5)
    limiter.spend(1.0, 0.0)
    assert not limiter.is_due(1.0, 0.4)
    assert limiter.is_due(1.0, 0.5)
    limiter.spend(1.0, 0.5)
    assert limiter.due_at(1.0) == 1.5
