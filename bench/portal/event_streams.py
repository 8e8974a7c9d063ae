"""Open event streams of the portal: how long an update takes to reach all, also beside clients that do not read."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from bench.portal.http_client import host_and_port

REQUEST = "GET /api/stream HTTP/1.1\r\nHost: {host}\r\nAccept: text/event-stream\r\n\r\n"
"""Request for a stream. [source: WHATWG HTML, server-sent events]"""
START_AT_ONCE = 50
"""Streams that are opened at the same time. [assumption]"""


class _Stream(asyncio.Protocol):
    """A stream that is read, and notes when a mark arrives."""

    def __init__(self) -> None:
        self.began: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.mark = b""
        self.met: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._tail = b""
        self.bytes = 0

    def data_received(self, data: bytes) -> None:
        if not self.began.done():
            self.began.set_result(None)
        self.bytes += len(data)
        if self.mark and not self.met.done():
            self._tail = self._tail[-len(self.mark) :] + data
            if self.mark in self._tail:
                self.met.set_result(time.monotonic())


async def update_time_s(
    address: str, clients: int, mark: bytes, change: Callable[[], None], *, slow: int = 5, within_s: float = 30
) -> float | None:
    """Time from `change` until `mark` reached all clients; None where it did not reach all in time.

    slow: further clients that open a stream and do not read it.
    """
    loop = asyncio.get_running_loop()
    host, port = host_and_port(address)
    silent = [await asyncio.open_connection(host, port, limit=1024) for _ in range(slow)]
    for _, writer in silent:
        writer.write(REQUEST.format(host=host).encode())
    streams: list[_Stream] = []
    transports = []
    for _ in range(0, clients, START_AT_ONCE):
        opened = [
            await loop.create_connection(_Stream, host, port) for _ in range(min(START_AT_ONCE, clients - len(streams)))
        ]
        for transport, stream in opened:
            transport.write(REQUEST.format(host=host).encode())
            streams.append(stream)
            transports.append(transport)
        await asyncio.wait_for(asyncio.gather(*(stream.began for _, stream in opened)), within_s)
    await asyncio.sleep(2)  # the first states arrive
    for stream in streams:
        stream.mark = mark
    began = time.monotonic()
    await asyncio.to_thread(change)
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*(stream.met for stream in streams)), within_s)
    for closing in (*transports, *(writer.transport for _, writer in silent)):
        closing.abort()
    if any(stream.met.cancelled() for stream in streams):
        return None
    return max(stream.met.result() for stream in streams) - began
