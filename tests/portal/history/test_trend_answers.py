"""Trends over HTTP and their answers: one computation a camera for all clients, kept for a while."""

import asyncio
from threading import Event
from types import SimpleNamespace

import pytest

from pipelines.store.database_errors import DatabaseUnavailable
from portal.history.trend_answers import TrendAnswers
from tests.support.servers import wait_until


class Computations:
    """Counts computations by camera. fails: whether the database is away. `free`: computations wait for it."""

    def __init__(self):
        self.of = []
        self.fails = False
        self.free = Event()
        self.free.set()

    def compute(self, entry):
        self.of.append(entry.id)
        assert self.free.wait(20)
        if self.fails:
            raise DatabaseUnavailable("away")
        return len(self.of)


@pytest.fixture
def computations():
    return Computations()


A, B = SimpleNamespace(id="a"), SimpleNamespace(id="b")


def test_many_clients_at_once_cause_one_computation_for_each_camera(computations):
    async def clients():
        answers = TrendAnswers(computations.compute)
        computations.free.clear()
        waiting = [asyncio.create_task(answers.answer(entry)) for entry in (A, B) * 100]
        await asyncio.to_thread(wait_until, lambda: len(computations.of) == 2, "both computations")
        computations.free.set()
        return await asyncio.gather(*waiting), await answers.answer(A)

    together, later = asyncio.run(clients())
    assert len(together) == 200
    assert sorted(computations.of) == ["a", "b"]
    assert later == together[0]


def test_an_old_trend_is_computed_again(computations):
    async def clients():
        answers = TrendAnswers(computations.compute, max_age_s=0)
        return [await answers.answer(A) for _ in range(3)]

    assert asyncio.run(clients()) == [1, 2, 3]


def test_a_failure_is_raised_to_all_that_wait_and_not_kept(computations):
    async def clients():
        answers = TrendAnswers(computations.compute)
        computations.fails = True
        computations.free.clear()
        waiting = [asyncio.create_task(answers.answer(A)) for _ in range(50)]
        await asyncio.to_thread(wait_until, lambda: computations.of, "the computation")
        computations.free.set()
        failures = await asyncio.gather(*waiting, return_exceptions=True)
        computations.fails = False
        return failures, len(computations.of), await answers.answer(A)

    failures, number, later = asyncio.run(clients())
    assert {type(failure) for failure in failures} == {DatabaseUnavailable}
    assert (number, later) == (1, 2)


def test_a_client_that_goes_away_does_not_end_the_computation_for_others(computations):
    async def clients():
        answers = TrendAnswers(computations.compute)
        computations.free.clear()
        leaving, staying = (asyncio.create_task(answers.answer(A)) for _ in range(2))
        await asyncio.to_thread(wait_until, lambda: computations.of, "the computation")
        leaving.cancel()
        await asyncio.wait([leaving])
        computations.free.set()
        return await staying

    assert asyncio.run(clients()) == 1


def test_the_trend_of_a_hidden_camera_stays_hidden_after_a_user_has_read_it(signed_in, anonymous):
    assert signed_in("budi").get("/api/cameras/kantor/trend").status_code == 200
    assert anonymous.get("/api/cameras/kantor/trend").status_code == 404
