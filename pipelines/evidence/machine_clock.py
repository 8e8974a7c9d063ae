"""Offset of this machine's clock from UTC, as the kernel knows it from time synchronisation."""

import ctypes
from typing import NamedTuple

TIMEX_BYTES = 208
"""Size of `struct timex` on 64-bit Linux. [source: adjtimex(2)]"""

STA_UNSYNC, STA_NANO = 0x40, 0x2000
"""Flags of its status: not synchronised; offset in nanoseconds. [source: linux/timex.h]"""


class ClockOffset(NamedTuple):
    """offset_s: seconds from this clock to UTC; None where it is not known. source: from which it is known."""

    offset_s: float | None
    source: str


class _Timex(ctypes.Structure):
    """Beginning of `struct timex`."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * (TIMEX_BYTES - 6 * 8)),
    )


def clock_offset() -> ClockOffset:
    """Return the present offset; it only reads."""
    state = _Timex()
    try:
        failed = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(state)) < 0
    except (AttributeError, OSError):
        return ClockOffset(None, "not known on this system")
    if failed:
        return ClockOffset(None, "not known: the kernel refused adjtimex")
    if state.status & STA_UNSYNC:
        return ClockOffset(None, "not known: the clock is not synchronised (adjtimex)")
    unit_s = 1e-9 if state.status & STA_NANO else 1e-6
    error_s = state.maxerror / 1e6
    return ClockOffset(
        round(state.offset * unit_s, 6), f"time synchronisation (adjtimex), at most {error_s:.3f} s wrong"
    )
