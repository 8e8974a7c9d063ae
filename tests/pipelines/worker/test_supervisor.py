"""Supervisor: threads are restarted after a failure, and end on request."""

import socket
import time
from contextlib import closing
from threading import Event as Flag
from threading import enumerate as threads

import pytest

from pipelines.errors import CredentialsRefused, NeedsRemedy
from pipelines.worker.supervisor import RestartPolicy, Supervisor, message_of
from tests.support.servers import wait_until

AT_ONCE = RestartPolicy(first_s=0.01, longest_s=0.02)


def test_a_failing_task_is_restarted_and_logged_without_credentials(capfd: pytest.CaptureFixture[str]) -> None:
    attempts: list[float] = []
    errors: list[Exception] = []

    def fails_twice(stop: Flag) -> None:
        attempts.append(time.monotonic())
        if len(attempts) < 3:
            raise ConnectionError("rtsp://admin:s3cret@10.0.0.7/live: sends nothing")
        stop.wait()

    with Supervisor(AT_ONCE) as supervisor:
        supervisor.keep_running("camera", fails_twice, errors.append)
        wait_until(lambda: len(attempts) == 3, "the third attempt")
    assert [type(error) for error in errors] == [ConnectionError] * 2
    assert [message_of(error) for error in errors] == ["rtsp://***@10.0.0.7/live: sends nothing"] * 2
    assert "s3cret" not in capfd.readouterr().err


def test_an_unexpected_error_restarts_its_task_alone(capfd: pytest.CaptureFixture[str]) -> None:
    attempts: list[str] = []

    def broken(stop: Flag) -> None:
        attempts.append("broken")
        raise ZeroDivisionError("a bug")

    def sound(stop: Flag) -> None:
        attempts.append("sound")
        stop.wait()

    with Supervisor(AT_ONCE) as supervisor:
        supervisor.keep_running("broken", broken)
        supervisor.keep_running("sound", sound)
        wait_until(lambda: attempts.count("broken") >= 3, "three attempts")
    assert attempts.count("sound") == 1


LOST, REFUSED, BUG = ConnectionError("gone"), NeedsRemedy("wrong password"), ZeroDivisionError("a bug")
"""Failures that a retry ends, that it does not end, and of a program. [test data]"""


def test_delays_double_up_to_a_limit_and_are_random() -> None:
    policy = RestartPolicy(first_s=1, longest_s=6, remedy_s=30)
    for error, failures, bound in ((LOST, 1, 1), (LOST, 3, 4), (LOST, 9, 6), (REFUSED, 5, 16), (REFUSED, 1000, 30)):
        delays = [policy.delay_s(failures, error) for _ in range(200)]
        assert 0.5 * bound <= min(delays) < max(delays) <= bound
    assert policy.delay_s(9, BUG) >= 15


def test_a_camera_that_returns_after_a_day_is_tried_within_two_seconds() -> None:
    assert max(RestartPolicy().delay_s(40_000, LOST) for _ in range(200)) <= 2


@pytest.mark.parametrize(("error", "attempts_in_time"), [(LOST, True), (REFUSED, False), (BUG, False)])
def test_the_class_of_the_error_decides_the_longest_delay(error: Exception, attempts_in_time: bool) -> None:
    attempts: list[float] = []

    def fails(stop: Flag) -> None:
        attempts.append(time.monotonic())
        raise error

    with Supervisor(RestartPolicy(first_s=0.01, longest_s=0.02, remedy_s=600)) as supervisor:
        supervisor.keep_running("camera", fails)
        if attempts_in_time:
            wait_until(lambda: len(attempts) >= 20, "many attempts")
        else:
            wait_until(lambda: len(attempts) >= 6, "the sixth attempt")
            assert len(attempts) < 20


WRONG_PASSWORD = CredentialsRefused("wrong password")
"""Failure that may lock an account. [test data]"""


def attempts_within(seconds: float) -> int:
    """Return the number of attempts within a time by the default policy, where the password is wrong."""
    at, attempts = 0.0, 0
    while at <= seconds:
        attempts += 1
        at += RestartPolicy().delay_s(attempts, WRONG_PASSWORD, refusals=attempts)
    return attempts


def test_a_wrong_password_is_sent_so_rarely_that_no_account_is_locked() -> None:
    assert max(attempts_within(300) for _ in range(200)) < 5
    assert max(attempts_within(1800) for _ in range(200)) <= 8


@pytest.mark.parametrize(("settled_s", "attempts"), [(600.0, 1), (0.0, 4)])
def test_credentials_that_worked_are_tried_again_soon_but_not_for_ever(settled_s: float, attempts: int) -> None:
    tried: list[float] = []

    def refused(stop: Flag) -> None:
        tried.append(time.monotonic())
        raise WRONG_PASSWORD

    policy = RestartPolicy(first_s=0.01, longest_s=0.02, remedy_s=0.02, settled_s=settled_s, refused_first_s=600)
    with Supervisor(policy) as supervisor:
        supervisor.keep_running("camera", refused)
        wait_until(lambda: len(tried) >= attempts, "the attempts")
        time.sleep(0.5)
    assert len(tried) == attempts


def test_of_many_failures_in_a_row_few_are_logged(capfd: pytest.CaptureFixture[str]) -> None:
    attempts: list[float] = []

    def fails(stop: Flag) -> None:
        attempts.append(time.monotonic())
        raise LOST

    with Supervisor(AT_ONCE) as supervisor:
        supervisor.keep_running("camera", fails)
        wait_until(lambda: len(attempts) >= 10, "ten attempts")
    assert capfd.readouterr().err.count("retrying") <= 4 + len(attempts) // 16


def test_a_stop_ends_the_delay_before_the_next_attempt() -> None:
    failed = Flag()

    def fails(stop: Flag) -> None:
        raise ConnectionError("no camera")

    with Supervisor(RestartPolicy(first_s=60, longest_s=60), stop_within_s=20) as supervisor:
        supervisor.keep_running("camera", fails, lambda error: failed.set())
        assert failed.wait(10)
    assert not [thread for thread in threads() if thread.name == "camera"]


@pytest.mark.slow
def test_a_task_blocked_in_the_network_does_not_delay_stopping(silent_server: int) -> None:
    connected = Flag()

    def blocked(stop: Flag) -> None:
        with closing(socket.create_connection(("127.0.0.1", silent_server))) as connection:
            connected.set()
            connection.settimeout(5)
            connection.recv(1)

    with Supervisor(AT_ONCE) as supervisor:
        supervisor.keep_running("blocked", blocked)
        assert connected.wait(10)
        began = time.monotonic()
    assert time.monotonic() - began < 4
    wait_until(lambda: not [t for t in threads() if t.name == "blocked"], "the blocked thread to end by itself")
