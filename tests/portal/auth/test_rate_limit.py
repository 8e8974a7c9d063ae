"""Rate limit of sign-in attempts, in bounded memory."""

from portal.auth.rate_limit import MAX_KEYS, WINDOW_S, AttemptLimiter

RINA = ("name", "rina", "10.0.0.1")
BUDI = ("name", "budi", "10.0.0.1")
ADDRESS = ("address", "10.0.0.1")


def test_attempts_are_refused_at_the_limit_until_the_window_has_passed():
    limiter = AttemptLimiter()
    assert [limiter.attempt({RINA: 3}, second) for second in range(3)] == [0, 0, 0]
    assert limiter.attempt({RINA: 3}, 10) == WINDOW_S - 10
    assert limiter.attempt({BUDI: 3}, 10) == 0
    assert limiter.attempt({RINA: 3}, WINDOW_S) == 0


def test_refused_attempts_do_not_count():
    limiter = AttemptLimiter()
    limiter.attempt({RINA: 1, ADDRESS: 2}, 0)
    assert limiter.attempt({RINA: 1, ADDRESS: 2}, 1) > 0
    assert limiter.attempt({BUDI: 1, ADDRESS: 2}, 2) == 0


def test_the_lowest_limit_applies():
    limiter = AttemptLimiter()
    limiter.attempt({RINA: 5, ADDRESS: 1}, 0)
    assert limiter.attempt({BUDI: 5, ADDRESS: 1}, 1) == WINDOW_S - 1


def test_successful_attempts_do_not_count():
    limiter = AttemptLimiter()
    for key, undo in ((RINA, limiter.reset), (ADDRESS, limiter.refund)):
        assert limiter.attempt({key: 1}, 0) == 0
        undo(key)
        assert limiter.attempt({key: 1}, 1) == 0


def test_only_the_newest_keys_are_stored():
    limiter = AttemptLimiter()
    for n in range(MAX_KEYS + 1):
        limiter.attempt({("name", str(n)): 1}, n / 1000)
    assert limiter.attempt({("name", str(MAX_KEYS)): 1}, 11) > 0
    assert limiter.attempt({("name", "0"): 1}, 11) == 0
