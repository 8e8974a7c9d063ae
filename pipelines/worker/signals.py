"""SIGINT and SIGTERM as a request to stop."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Flag


@contextmanager
def stop_on_signals() -> Iterator[Flag]:
    """Yield a flag that the first SIGINT or SIGTERM sets; a second one has its usual effect. Main thread only."""
    stop = Flag()
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in usual.items():
            signal.signal(number, handler)

    def request(_: int, __: object) -> None:
        stop.set()
        restore()

    for number in usual:
        signal.signal(number, request)
    try:
        yield stop
    finally:
        restore()
