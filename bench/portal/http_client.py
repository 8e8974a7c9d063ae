"""HTTP/1.1 client that is light enough for thousands of connections in one thread."""

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer to a request. body: empty unless it was asked for. status: 0 for a lost connection."""

    status: int
    headers: bytes
    body: bytes
    seconds: float

    def header(self, name: bytes) -> bytes:
        """Value of a header, by its lower-case name; empty without it."""
        for line in self.headers.split(b"\r\n"):
            key, _, value = line.partition(b": ")
            if key.lower() == name:
                return value
        return b""


class Connection(asyncio.Protocol):
    """A kept connection: one request at a time, connected again where it was lost."""

    def __init__(self, address: str) -> None:
        self._host, self._port = host_and_port(address)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Reply] | None = None
        self._head = b""
        self._missing = 0
        self._parts: list[bytes] = []
        self._keeps_body = False
        self._sent_at = 0.0

    async def open(self) -> asyncio.Transport:
        """Connect. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_connection(lambda: self, self._host, self._port)
        return self._transport

    async def get(self, path: str, *, body: bool = False, headers: str = "") -> Reply:
        """Ask for a path. body: keep the body of the answer."""
        self._sent_at = time.monotonic()
        try:
            transport = self._transport or await self.open()
        except OSError:
            return Reply(0, b"", b"", time.monotonic() - self._sent_at)
        self._head, self._missing, self._parts, self._keeps_body = b"", -1, [], body
        self._answer = asyncio.get_running_loop().create_future()
        # What is read is not compressed, and then its length is stated.
        encoding = "identity" if body else "gzip"
        request = f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\nAccept-Encoding: {encoding}\r\n{headers}\r\n"
        transport.write(request.encode())
        return await self._answer

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            self._head, data = self._head[:end], self._head[end + 4 :]
            self._missing = _content_length(self._head)
        self._missing -= len(data)
        if self._keeps_body:
            self._parts.append(data)
        if self._missing <= 0:
            self._finish(int(self._head[9:12]))

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        self._finish(0)

    def _finish(self, status: int) -> None:
        if self._answer is not None and not self._answer.done():
            elapsed = time.monotonic() - self._sent_at
            self._answer.set_result(Reply(status, self._head, b"".join(self._parts), elapsed))


def host_and_port(address: str) -> tuple[str, int]:
    """Host and TCP port of an address with both."""
    parts = urlsplit(address)
    return str(parts.hostname), int(parts.port or 80)


def _content_length(head: bytes) -> int:
    at = head.lower().find(b"\r\ncontent-length: ")
    return 0 if at < 0 else int(head[at + 18 :].split(b"\r\n", 1)[0])
