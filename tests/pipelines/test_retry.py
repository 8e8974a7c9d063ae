"""Delays between attempts."""

from threading import Event as Flag
from threading import Timer
from time import monotonic

from structlog.testing import capture_logs

from pipelines.retry import Backoff, Retry


def test_delays_double_up_to_a_bound_and_are_random() -> None:
    backoff = Backoff(first_s=1, longest_s=30)
    for failures, bound in ((1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (10_000, 30)):
        delays = [backoff.delay_s(failures) for _ in range(200)]
        assert 0.5 * bound <= min(delays) < max(delays) <= bound


def test_only_the_first_failure_in_a_row_is_logged() -> None:
    retry = Retry(Backoff(first_s=1, longest_s=8))
    with capture_logs() as logged:
        delays = [retry.failed("down", ConnectionError("no"), waiting=3) for _ in range(3)]
        assert retry.succeeded()
        assert not retry.succeeded()
        retry.failed("down", ConnectionError("no"))
    assert [line.get("waiting") for line in logged] == [3, None]
    assert delays[2] > delays[0]


def test_after_a_success_the_first_delay_applies() -> None:
    retry = Retry(Backoff(first_s=1, longest_s=1000))
    for _ in range(10):
        retry.failed("down", ConnectionError())
    retry.succeeded()
    assert retry.failed("down", ConnectionError()) <= 1


def test_a_stop_event_ends_the_wait() -> None:
    stop = Flag()
    Timer(0.05, stop.set).start()
    began = monotonic()
    Retry(Backoff(first_s=60, longest_s=60)).wait(stop, "down", ConnectionError())
    assert monotonic() - began < 10
