"""Slowing down guesses, in bounded memory."""

from portal.throttle import MAX_REMEMBERED, WINDOW_S, Throttle

KEY = ("name", "rina", "10.0.0.1")


def test_the_door_closes_at_the_limit_and_opens_again_with_time():
    throttle = Throttle()
    for second in range(3):
        assert throttle.wait_s([(KEY, 3)], second) == 0
        throttle.failed([KEY], second)
    assert throttle.wait_s([(KEY, 3)], 10) == WINDOW_S - 10
    assert throttle.wait_s([(KEY, 3)], WINDOW_S) == 0
    assert throttle.wait_s([(("name", "budi", "10.0.0.1"), 3)], 10) == 0


def test_success_forgets_failures():
    throttle = Throttle()
    throttle.failed([KEY], 0)
    throttle.forget(KEY)
    assert throttle.wait_s([(KEY, 1)], 1) == 0


def test_only_the_newest_keys_are_remembered():
    throttle = Throttle()
    for n in range(MAX_REMEMBERED + 1):
        throttle.failed([("name", str(n))], n / 1000)
    assert throttle.wait_s([(("name", "0"), 1)], 11) == 0
    assert throttle.wait_s([(("name", str(MAX_REMEMBERED)), 1)], 11) > 0
