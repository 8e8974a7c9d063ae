"""Boxes that err for several frames, or jump for a moment, at a gate: they count nothing."""

import numpy as np
import pytest

from tests.support.gate_counts import boxed, count_frames

BOX = np.array([270.0, -45.0, 330.0, 0.0])
"""Box of a car, relative to its ground point in v."""


def at(v):
    return BOX + np.array([0, v, 0, v])


def standing(v, frames):
    return np.tile(at(v), (frames, 1))


def errors(frames, px, seed):
    """Errors (frames, 4) in pixels, each half of the one before and half new: a box errs alike in successive frames."""
    random = np.random.default_rng(seed)
    rows = [np.zeros(4)]
    for _ in range(frames - 1):
        rows.append(0.5 * rows[-1] + np.sqrt(0.75) * random.normal(0, px, 4))
    return np.array(rows)


@pytest.mark.parametrize("v", [297, 300, 303])
def test_a_parked_vehicle_whose_box_errs_for_several_frames_counts_nothing(v):
    """A minute at 25 frames a second, with errors of 6 % of the box height."""
    for seed in range(4):
        boxes = standing(v, 1500) + errors(1500, 2.7, seed)
        assert count_frames(boxed(boxes), step_s=0.04) == [], seed


@pytest.mark.parametrize("frames", [1, 4, 8, 15])
@pytest.mark.parametrize(("edges", "height"), [([1, 3], 0.5), ([3], 0.5), ([1, 3], 0.8)], ids=["all", "lower", "far"])
def test_a_box_that_jumps_over_the_line_and_back_counts_nothing(edges, height, frames):
    boxes = standing(290, 400) + errors(400, 1.0, 0)
    boxes[200 : 200 + frames, edges] += height * 45
    assert count_frames(boxed(boxes), step_s=0.04) == []


def test_a_vehicle_whose_box_jumped_counts_when_it_drives_on():
    come, go = np.arange(200, 290, 3.0), np.arange(290, 420, 3.0)
    boxes = np.concatenate([[at(v) for v in come], standing(290, 100), [at(v) for v in go]])
    boxes[60:70, [1, 3]] += 22
    (crossing,) = count_frames(boxed(boxes), step_s=0.04)
    assert (crossing.direction.value, crossing.t) == ("A", pytest.approx((30 + 100 + 10 / 3) * 0.04, abs=0.1))
