"""Slowing down guesses, in bounded memory."""

from portal.auth.rate_limit import MAX_REMEMBERED, WINDOW_S, AttemptLimiter

RINA = ("name", "rina", "10.0.0.1")
BUDI = ("name", "budi", "10.0.0.1")
ADDRESS = ("address", "10.0.0.1")


def test_the_door_closes_at_the_limit_and_opens_again_with_time():
    limiter = AttemptLimiter()
    assert [limiter.attempt({RINA: 3}, second) for second in range(3)] == [0, 0, 0]
    assert limiter.attempt({RINA: 3}, 10) == WINDOW_S - 10
    assert limiter.attempt({BUDI: 3}, 10) == 0
    assert limiter.attempt({RINA: 3}, WINDOW_S) == 0


def test_what_is_refused_is_not_counted():
    limiter = AttemptLimiter()
    limiter.attempt({RINA: 1, ADDRESS: 2}, 0)
    assert limiter.attempt({RINA: 1, ADDRESS: 2}, 1) > 0
    assert limiter.attempt({BUDI: 1, ADDRESS: 2}, 2) == 0


def test_the_limit_of_any_key_holds():
    limiter = AttemptLimiter()
    limiter.attempt({RINA: 5, ADDRESS: 1}, 0)
    assert limiter.attempt({BUDI: 5, ADDRESS: 1}, 1) == WINDOW_S - 1


def test_success_is_no_failure():
    limiter = AttemptLimiter()
    for key, pardon in ((RINA, limiter.forget), (ADDRESS, limiter.take_back)):
        assert limiter.attempt({key: 1}, 0) == 0
        pardon(key)
        assert limiter.attempt({key: 1}, 1) == 0


def test_only_the_newest_keys_are_remembered():
    limiter = AttemptLimiter()
    for n in range(MAX_REMEMBERED + 1):
        limiter.attempt({("name", str(n)): 1}, n / 1000)
    assert limiter.attempt({("name", str(MAX_REMEMBERED)): 1}, 11) > 0
    assert limiter.attempt({("name", "0"): 1}, 11) == 0
