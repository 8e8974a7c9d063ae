"""Whose turn it is to be looked at: need times age.

A camera wants so many looks a second (its need); the time since its last turn, multiplied by that, is the number of
turns it is owed. Whoever is owed most has the next turn. Under overload all wait until they are owed equally much, so
each gets the same share of what it wants, and nobody who is always ready can keep another one waiting: what is owed
only grows. Nothing queues: a turn is given to a camera that has a picture now, and it is the newest.

A turn pays for one, and no more than two are left owing: a moment in which the machine had no time costs no turn, but
a camera that was away, or that nobody had time for, gets no credit for all that it missed.

Before all others come those who are owed a turn even at their least rate, the floor. As long as the machine can serve
all floors it does, and shares the rest out evenly; where it cannot, floors are shared out evenly themselves.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

EARLY = 0.5
"""Of a turn. Pictures are asked for at the rate of turns, but come when the camera took them: were none taken before
its turn is due, each would wait for up to a turn, grow old, and now and then lose its place to the next one. Taken
early, it makes the next turn no earlier."""

MOST_LEFT_OWING = 2.0
MOST_LEFT_OWING_AT_FLOOR = 0.5
"""What comes before all else is made up for only as far as its pictures are never quite in time."""


@dataclass(frozen=True, slots=True)
class RateRequest:
    """Turns a second: how many a camera wants, and the fewest that it is to get if the machine can do as much."""

    per_s: float
    floor_per_s: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.floor_per_s <= self.per_s:
            raise ValueError(f"expected 0 <= floor_per_s <= per_s, got {self}")


class RateLimiter:
    """Turns at a rate that may change from one to the next. Times in seconds of any clock that never goes back.

    early: by so much of a turn one may be taken before it is due, without the next one being due any earlier.
    """

    __slots__ = ("_early", "_most_left_owing", "_since")

    def __init__(self, most_left_owing: float = MOST_LEFT_OWING, early: float = 0.0) -> None:
        self._most_left_owing = most_left_owing
        self._early = early
        self._since = -math.inf

    def credit(self, per_s: float, now: float) -> float:
        """Turns: one is due from 1 on. Infinite before the first."""
        return (now - self._since) * per_s if per_s > 0 else 0.0

    def is_due(self, per_s: float, now: float) -> bool:
        return self.credit(per_s, now) >= 1 - self._early

    def take(self, per_s: float, now: float) -> None:
        """A turn at `now`, which may be before it is due."""
        if per_s > 0:
            next_since = max(self._since + 1 / per_s, now - self._most_left_owing / per_s)
            self._since = min(now + self._early / per_s, next_since)

    def due_at(self, per_s: float) -> float:
        return self._since + (1 - self._early) / per_s if per_s > 0 else math.inf


class CameraShare:
    """One camera's claim on the next turn."""

    __slots__ = ("_floor", "_limiter", "request")

    def __init__(self, request: RateRequest) -> None:
        self.request = request
        """May be replaced at any time."""
        self._limiter, self._floor = RateLimiter(early=EARLY), RateLimiter(MOST_LEFT_OWING_AT_FLOOR)

    def is_due(self, now: float) -> bool:
        return self._limiter.is_due(self.request.per_s, now)

    def due_at(self) -> float:
        return self._limiter.due_at(self.request.per_s)

    def urgency(self, now: float) -> tuple[float, float]:
        """The greater, the sooner: what is owed at the floor, as soon as that is a turn; what is owed at the wish."""
        at_floor = self._floor.credit(self.request.floor_per_s, now)
        return (at_floor if at_floor >= 1 else 0.0, self._limiter.credit(self.request.per_s, now))

    def take(self, now: float) -> None:
        self._limiter.take(self.request.per_s, now)
        self._floor.take(self.request.floor_per_s, now)


Holder = TypeVar("Holder")


def pick_next(ready: Iterable[tuple[CameraShare, Holder]], now: float) -> Holder | None:
    """Of those who have a picture, the one whose turn is most overdue; None where none is due. Takes no turn."""
    due = ((claim.urgency(now), holder) for claim, holder in ready if claim.is_due(now))
    return max(due, key=lambda pair: pair[0], default=(None, None))[1]
