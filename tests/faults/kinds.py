"""Kinds of faults: what they hit, how long they last, and what may be missing because of them."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Fault that the suite injects."""

    CUT = "camera cut"
    HALF_OPEN = "half-open socket"
    STALL = "stall"
    FROZEN = "frozen picture"
    GARBAGE = "garbage packets"
    TRUNCATED = "truncated packets"
    BROKEN_FRAMING = "broken framing"
    LOSS = "packet loss"
    DELAY = "packet delay"
    RESOLUTION = "resolution change"
    CODEC = "codec change"
    CLOCK_JUMP = "clock jump"
    CHILD_KILLED = "camera process killed"
    CHILD_STOPPED = "camera process stopped"
    WORKER_KILLED = "worker killed"
    WORKER_RESTARTED = "worker restarted"
    OUT_OF_MEMORY = "out of memory"
    DISK_FULL = "disk full"
    STORE_KILLED = "store killed"
    BROKER_CUT = "broker unreachable"
    BROKER_SLOW = "broker slow"
    BROKER_DEAF = "broker receives nothing"
    BROKER_MUTE = "broker answers nothing"
    BROKER_KILLED = "broker killed"
    BROKER_MOVED = "broker addresses changed"
    DATABASE_CUT = "database unreachable"
    DATABASE_SLOW = "database slow"
    DATABASE_DEAF = "database receives nothing"
    DATABASE_MUTE = "database answers nothing"
    DATABASE_KILLED = "database killed"


class Effect(StrEnum):
    """What the cameras of a fault deliver while it lasts.

    NONE: everything, so that all must arrive. UNCERTAIN: pictures that may or may not be usable. DARK: nothing.
    """

    NONE = "none"
    UNCERTAIN = "uncertain"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Profile:
    """Frequency and duration of a kind. shortest_s, longest_s: of the fault, in seconds; 0 for an instant."""

    weight: float
    shortest_s: float
    longest_s: float
    effect: Effect


@dataclass(frozen=True, slots=True)
class Lane:
    """Part of the city with one fault at a time. rest_s: shortest and longest time between two of them."""

    kinds: dict[Kind, Profile]
    rest_s: tuple[float, float]


CAMERA = Lane(
    {
        Kind.CUT: Profile(3, 0.5, 6, Effect.DARK),
        Kind.HALF_OPEN: Profile(1, 2, 6, Effect.DARK),
        Kind.STALL: Profile(2, 1, 6, Effect.DARK),
        Kind.FROZEN: Profile(2, 4, 12, Effect.DARK),
        Kind.GARBAGE: Profile(2, 1, 6, Effect.DARK),
        Kind.TRUNCATED: Profile(2, 1, 6, Effect.UNCERTAIN),
        Kind.BROKEN_FRAMING: Profile(2, 0, 0, Effect.UNCERTAIN),
        Kind.LOSS: Profile(2, 1, 6, Effect.UNCERTAIN),
        Kind.DELAY: Profile(2, 1, 4, Effect.UNCERTAIN),
        Kind.RESOLUTION: Profile(1, 0, 0, Effect.UNCERTAIN),
        Kind.CODEC: Profile(1, 0, 0, Effect.UNCERTAIN),
        Kind.CLOCK_JUMP: Profile(2, 0, 0, Effect.UNCERTAIN),
    },
    rest_s=(8.0, 16.0),
)
"""Faults of one camera. [assumption]"""

WORKER = Lane(
    {
        Kind.CHILD_KILLED: Profile(3, 0, 0, Effect.UNCERTAIN),
        Kind.CHILD_STOPPED: Profile(1, 2, 8, Effect.UNCERTAIN),
        Kind.WORKER_KILLED: Profile(2, 0, 0, Effect.UNCERTAIN),
        Kind.WORKER_RESTARTED: Profile(1, 0, 0, Effect.UNCERTAIN),
        Kind.OUT_OF_MEMORY: Profile(1, 2, 4, Effect.UNCERTAIN),
        Kind.DISK_FULL: Profile(2, 3, 10, Effect.NONE),
    },
    rest_s=(15.0, 30.0),
)
"""Faults of one worker. [assumption]"""

STORE = Lane({Kind.STORE_KILLED: Profile(1, 0, 0, Effect.NONE)}, rest_s=(12.0, 30.0))
"""Faults of the store. [assumption]"""

BROKER = Lane(
    {
        Kind.BROKER_CUT: Profile(3, 1, 12, Effect.NONE),
        Kind.BROKER_SLOW: Profile(2, 2, 10, Effect.NONE),
        Kind.BROKER_DEAF: Profile(2, 2, 12, Effect.NONE),
        Kind.BROKER_MUTE: Profile(2, 2, 12, Effect.NONE),
        Kind.BROKER_KILLED: Profile(1, 0, 5, Effect.NONE),
        Kind.BROKER_MOVED: Profile(1, 0, 2, Effect.NONE),
    },
    rest_s=(8.0, 20.0),
)
"""Faults of the broker and the way to it. [assumption]"""

DATABASE = Lane(
    {
        Kind.DATABASE_CUT: Profile(3, 1, 12, Effect.NONE),
        Kind.DATABASE_SLOW: Profile(2, 2, 10, Effect.NONE),
        Kind.DATABASE_DEAF: Profile(2, 2, 12, Effect.NONE),
        Kind.DATABASE_MUTE: Profile(2, 2, 12, Effect.NONE),
        Kind.DATABASE_KILLED: Profile(2, 0, 5, Effect.NONE),
    },
    rest_s=(8.0, 20.0),
)
"""Faults of the database and the way to it. [assumption]"""

PROFILES = {kind: profile for lane in (CAMERA, WORKER, STORE, BROKER, DATABASE) for kind, profile in lane.kinds.items()}
"""Profile of each kind."""
