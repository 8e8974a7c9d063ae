"""Answers that are computed once for many clients."""

from threading import Event as Flag
from threading import Thread

import pytest
from fastapi import HTTPException

from portal import recent_answers
from portal.cacheable_answer import CacheableAnswer
from portal.recent_answers import STALE, RecentAnswers


def answer(text: str) -> CacheableAnswer:
    return CacheableAnswer.of_bytes(text.encode(), "text/plain")


def never() -> CacheableAnswer:
    raise AssertionError("computed again")


def test_an_answer_serves_until_it_is_too_old_and_each_name_has_its_own() -> None:
    clock = [100.0]
    recent = RecentAnswers(lambda: clock[0])
    assert recent.get("a", 5, lambda: answer("1")) == answer("1")
    clock[0] += 4.9
    assert recent.get("a", 5, never) == answer("1")
    assert recent.get("b", 5, lambda: answer("2")) == answer("2")
    clock[0] += 0.2
    assert recent.get("a", 5, lambda: answer("3")) == answer("3")


def test_a_failure_is_not_kept() -> None:
    recent = RecentAnswers()
    with pytest.raises(AssertionError):
        recent.get("a", 5, never)
    assert recent.get("a", 5, lambda: answer("1")) == answer("1")


def test_while_one_request_computes_the_others_get_the_old_answer_and_none_waits_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recent_answers, "WAIT_S", 0.01)
    clock = [100.0]
    recent = RecentAnswers(lambda: clock[0])
    recent.get("a", 5, lambda: answer("old"))
    clock[0] += 6
    began, ends = Flag(), Flag()

    def slow() -> CacheableAnswer:
        began.set()
        ends.wait(30)
        return answer("new")

    thread = Thread(target=recent.get, args=("a", 5, slow))
    thread.start()
    assert began.wait(30)
    assert recent.get("a", 5, never) == answer("old")
    clock[0] = 100 + STALE * 5
    with pytest.raises(HTTPException) as refused:
        recent.get("a", 5, never)
    assert refused.value.status_code == 503
    ends.set()
    thread.join(30)
    assert recent.get("a", 20, never) == answer("new")
