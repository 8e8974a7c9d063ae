"""Cost of an inference, with a clock that only the detectors advance."""

from concurrent.futures import Future

import numpy as np
import pytest

from analytics.detections import Detections
from bench.street.look_cost import look_cost

FRAMES = [np.zeros((8, 8, 3), np.uint8)] * 4


class Machine:
    """Clock, s, and the order in which detectors ran."""

    def __init__(self):
        self.now, self.order = 0.0, []


class TimedDetector:
    """Detector whose n-th run of all frames takes `costs[n]` seconds a frame; the last one repeats."""

    def __init__(self, machine, name, costs):
        self.machine, self.name, self.costs, self.done = machine, name, costs, 0

    def submit(self, image):
        run = self.done // len(FRAMES)
        self.done += 1
        self.machine.now += self.costs[min(run, len(self.costs) - 1)]
        self.machine.order.append(self.name)
        future = Future()
        future.set_result(Detections.empty())
        return future


def test_the_ratio_is_that_of_the_frames_after_a_first_run_in_alternating_order():
    machine = Machine()
    before, after = TimedDetector(machine, "b", [9, 0.010]), TimedDetector(machine, "a", [1, 0.011])
    cost = look_cost(before, after, FRAMES, repetitions=2, clock=lambda: machine.now)
    assert cost.ratio == pytest.approx(1.1)
    assert (cost.before_ms, cost.reached_ms) == (10, 11)
    assert "".join(machine.order[:: len(FRAMES)]) == "ba" + "ba" + "ab"


def test_a_disturbed_repetition_does_not_move_the_ratio():
    machine = Machine()
    before, after = TimedDetector(machine, "b", [1]), TimedDetector(machine, "a", [1, 1, 50, 1])
    assert look_cost(before, after, FRAMES, repetitions=5, clock=lambda: machine.now).ratio == pytest.approx(1.0)
