"""Answers of uptime: computed once for all clients, renewed when old, kept while the database is away."""

import asyncio
from datetime import UTC, datetime
from threading import Event
from time import monotonic

import pytest

from pipelines.store.database_errors import DatabaseUnavailable
from portal.uptime.answers import RETRY_S, UptimeAnswers
from portal.uptime.daily_uptime import DailyUptime
from tests.support.servers import wait_until

KEY = (False, 0, "30d")


class Readings:
    """Counts readings of the database; `failure`: what they raise. `free`: readings wait for it."""

    def __init__(self):
        self.count = 0
        self.failure = None
        self.free = Event()
        self.free.set()

    def read(self):
        self.count += 1
        assert self.free.wait(20)
        if self.failure is not None:
            raise self.failure
        return DailyUptime([], datetime(2026, 11, 1, tzinfo=UTC), {"count": [self.count]})


@pytest.fixture
def readings():
    return Readings()


def count_of(daily):
    return b"%d" % daily.of_camera["count"][0]


def test_many_clients_at_once_cause_one_reading(readings):
    async def clients():
        answers = UptimeAnswers(readings.read)
        readings.free.clear()
        waiting = [asyncio.create_task(answers.answer(KEY, count_of)) for _ in range(200)]
        await asyncio.sleep(0)
        readings.free.set()
        return await asyncio.gather(*waiting)

    assert asyncio.run(clients()) == [b"1"] * 200
    assert readings.count == 1


def test_an_old_answer_is_renewed_and_served_meanwhile(readings):
    async def clients():
        answers = UptimeAnswers(readings.read, max_age_s=0)
        first = await answers.answer(KEY, count_of)
        readings.free.clear()
        renewing = asyncio.create_task(answers.answer(KEY, count_of))
        await asyncio.to_thread(wait_until, lambda: readings.count == 2, "the second reading")
        meanwhile = await answers.answer(KEY, count_of)
        readings.free.set()
        return first, meanwhile, await renewing

    assert asyncio.run(clients()) == (b"1", b"1", b"2")


def test_each_key_has_its_own_answer_from_the_same_reading(readings):
    async def clients():
        answers = UptimeAnswers(readings.read)
        return [await answers.answer(key, lambda _, key=key: str(key).encode()) for key in (KEY, (True, 0, "30d"), KEY)]

    assert asyncio.run(clients()) == [b"(False, 0, '30d')", b"(True, 0, '30d')", b"(False, 0, '30d')"]
    assert readings.count == 1


@pytest.mark.parametrize("failure", [DatabaseUnavailable("away"), ValueError("a bug")])
def test_where_reading_fails_the_last_answer_stays(readings, failure):
    async def clients():
        answers = UptimeAnswers(readings.read, max_age_s=0)
        kept = await answers.answer(KEY, count_of)
        readings.failure = failure
        asked = readings.count
        again = [await answers.answer(KEY, count_of) for _ in range(3)]
        return kept, again, readings.count - asked

    assert asyncio.run(clients()) == (b"1", [b"1"] * 3, 1), "the database is not asked for each client"


@pytest.mark.parametrize("failure", [DatabaseUnavailable("away"), ValueError("a bug")])
def test_a_first_reading_that_fails_fails_for_all_clients_at_once(readings, failure, monkeypatch):
    async def clients():
        answers = UptimeAnswers(readings.read)
        readings.failure = failure
        failures = await asyncio.gather(*(answers.answer(KEY, count_of) for _ in range(50)), return_exceptions=True)
        asked = readings.count
        readings.failure = None
        monkeypatch.setattr("portal.uptime.answers.monotonic", lambda: monotonic() + RETRY_S)
        return failures, asked, await answers.answer(KEY, count_of)

    assert asyncio.run(clients()) == ([failure] * 50, 1, b"2")


def test_what_does_not_exist_is_not_kept(readings):
    async def clients():
        answers = UptimeAnswers(readings.read)
        assert await answers.answer(KEY, lambda _: None) is None
        return await answers.answer(KEY, count_of)

    assert asyncio.run(clients()) == b"1"
