"""Accuracy of this machine's clock, as the kernel knows it from time synchronisation."""

import ctypes

TIMEX_BYTES = 208
"""Size of `struct timex` on 64-bit Linux. [source: adjtimex(2)]"""

STA_UNSYNC = 0x40
"""Flag of its status: not synchronised. [source: linux/timex.h]"""


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


def clock_accuracy() -> str:
    """Return what the kernel knows of the error of this clock; it only reads.

    The `offset` of `struct timex` is a correction that waits to be made, no measured error.
    """
    state = _Timex()
    try:
        failed = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(state)) < 0
    except (AttributeError, OSError):
        return "not known on this system"
    if failed:
        return "not known: the kernel refused adjtimex"
    if state.status & STA_UNSYNC:
        return "not known: the clock is not synchronised (adjtimex)"
    return f"not measured: time synchronisation (adjtimex), at most {state.maxerror / 1e6:.3f} s wrong"
