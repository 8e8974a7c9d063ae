import pytest

from analytics.flow.free_flow import MIN_SAMPLES, FreeFlowEstimator


def test_no_speed_before_enough_vehicles():
    free_flow = FreeFlowEstimator(None)
    for _ in range(int(MIN_SAMPLES) - 1):
        free_flow.add(14.0)
    assert free_flow.speed_ms is None
    free_flow.add(14.0)
    assert free_flow.speed_ms == pytest.approx(14.0, rel=0.05)


def test_a_jam_of_a_day_does_not_become_free_flow():
    free_flow = FreeFlowEstimator(None)
    for _ in range(5000):
        free_flow.add(14.0)
    for _ in range(5000):
        free_flow.add(2.0)
    assert free_flow.speed_ms == pytest.approx(14.0, rel=0.05)


def test_the_limit_is_the_default_and_bounds_the_learned_speed():
    free_flow = FreeFlowEstimator(50 / 3.6)
    assert free_flow.speed_ms == pytest.approx(0.92 * 50 / 3.6)
    for _ in range(1000):
        free_flow.add(1.0)
    assert free_flow.speed_ms >= 0.75 * 50 / 3.6


def test_one_jam_does_not_outweigh_the_limit():
    free_flow = FreeFlowEstimator(50 / 3.6)
    for _ in range(50):
        free_flow.add(2.0)
    assert free_flow.speed_ms == pytest.approx(0.92 * 50 / 3.6, rel=0.02)


def test_speeds_at_a_signal_are_ignored_with_a_known_limit():
    at_signal, without_limit = FreeFlowEstimator(50 / 3.6, signalised=True), FreeFlowEstimator(None, signalised=True)
    for _ in range(5000):
        at_signal.add(4.0)
        without_limit.add(4.0)
    assert at_signal.speed_ms == pytest.approx(0.92 * 50 / 3.6)
    assert without_limit.speed_ms == pytest.approx(4.0, rel=0.05)
