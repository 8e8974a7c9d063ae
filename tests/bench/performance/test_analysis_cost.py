"""Times of the parts of an analysed frame, with a clock that only the parts advance."""

import pytest

from bench.performance.analysis_cost import OTHER, OUTSIDE, PARTS, Part, PartTimes


class Frame:
    """Analysis of a frame that takes 1 s, and 2 s more in each of two parts, of which one calls the other."""

    def __init__(self):
        self.now = 0.0

    def analyse(self):
        self.now += 1
        self.outer()

    def outer(self):
        self.now += 2
        self.inner()

    def inner(self):
        self.now += 2


class BrokenFrame(Frame):
    def inner(self):
        super().inner()
        raise ValueError("broken")


def test_each_part_has_its_own_time_without_that_of_the_parts_inside():
    frame = Frame()
    times = PartTimes(lambda: frame.now)
    with times.of_functions([Part("outer", Frame, "outer"), Part("inner", Frame, "inner")]):
        for _ in range(3):
            times.measured(OTHER, frame.analyse)()
            frame.now += 100

    assert {name: times.seconds[name] for name in (OTHER, "outer", "inner")} == {OTHER: 3, "outer": 6, "inner": 6}
    assert times.seconds[OUTSIDE] == 200  # the last 100 s have not ended


def test_functions_are_measured_only_within_the_context_and_errors_pass_through():
    frame = BrokenFrame()
    times = PartTimes(lambda: frame.now)
    with times.of_functions([Part("inner", BrokenFrame, "inner")]), pytest.raises(ValueError, match="broken"):
        frame.analyse()
    with pytest.raises(ValueError, match="broken"):
        frame.analyse()

    assert times.seconds["inner"] == 2


def test_every_part_names_a_function_of_production():
    assert all(callable(getattr(part.owner, part.function)) for part in PARTS)
