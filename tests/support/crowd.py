"""Many HTTP clients at once, each with a connection of its own, in one thread."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from portal.server import MAX_FILES, allow_files


@dataclass(frozen=True)
class Reply:
    """Status, headers by lower-case name, and body."""

    status: int
    headers: dict[str, str]
    body: bytes


def requests_at_once(address: str, paths: Sequence[str], headers: str = "", within_s: float = 300) -> list[Reply]:
    """Ask for all paths at the same time: all connections are open before the first request is sent."""
    allow_files(MAX_FILES)
    return asyncio.run(asyncio.wait_for(_requests(address, paths, headers), within_s))


async def _requests(address: str, paths: Sequence[str], headers: str) -> list[Reply]:
    host, port = urlsplit(address).hostname, urlsplit(address).port
    connections = await asyncio.gather(*(asyncio.open_connection(host, port) for _ in paths))
    for path, (_, writer) in zip(paths, connections, strict=True):
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n".encode())
    return list(await asyncio.gather(*(_reply(*connection) for connection in connections)))


async def _reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Reply:
    whole = await reader.read(-1)
    writer.close()
    head, _, body = whole.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines)
    return Reply(int(status.split()[1]), fields, body)
