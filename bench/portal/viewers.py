"""Simulated viewers: pollers of the state, and players of live video, as the page and hls.js behave."""

import asyncio
import random
import re
import time
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

from bench.portal.http_client import Connection, Reply

POLL_EVERY_S = 5.0
"""Time between two loads of the state. [source: portal/web/src/state/camera_store.ts, POLL_INTERVAL_MS]"""
START_SEGMENTS = 3
"""Segments from the end at which a player starts. [source: hls.js, liveSyncDurationCount]"""
PICTURE_EVERY_S = 5.0
"""Time between two pictures in place of video. [source: portal/web/src/components/video_view.ts]"""
ASK_AGAIN_S = 15.0
"""Time after which a viewer that was not admitted asks again. [source: portal/live/hls_routes.py, RETRY_AFTER_S]"""

_SEGMENT = re.compile(rb"#EXTINF:([\d.]+),\n#EXT-X-PROGRAM-DATE-TIME:(\S+)\n(\d+)\.m4s")
"""Length, start and number of a segment in a playlist. [source: RFC 8216]"""


@dataclass(slots=True)
class Record:
    """What all viewers of a run met. Times in seconds.

    errors: answers by status that are none of 200, 304, 404 and 429, and lost connections as 0.
    """

    poll_s: list[float] = field(default_factory=list)
    media_s: list[float] = field(default_factory=list)
    stalls_s: list[float] = field(default_factory=list)
    delays_s: list[float] = field(default_factory=list)
    picture_ages_s: list[float] = field(default_factory=list)
    errors: dict[int, int] = field(default_factory=dict)
    admitted: int = 0
    refused: int = 0
    bytes: int = 0

    def note(self, reply: Reply, times: list[float]) -> bool:
        """Record an answer; return whether it has content."""
        times.append(reply.seconds)
        if reply.status not in (200, 304, 404, 429):
            self.errors[reply.status] = self.errors.get(reply.status, 0) + 1
        return reply.status == 200


async def poll_state(address: str, record: Record, until: float, delay_s: float) -> None:
    """Load the state every few seconds, as a page without a stream does."""
    await asyncio.sleep(delay_s)
    connection = Connection(address)
    etag = ""
    while time.monotonic() < until:
        reply = await connection.get("/api/cameras", headers=f"If-None-Match: {etag}\r\n" if etag else "")
        record.note(reply, record.poll_s)
        etag = reply.header(b"etag").decode() or etag
        await asyncio.sleep(POLL_EVERY_S * random.uniform(0.9, 1.1))
    connection.close()


class Player:
    """A player of one camera. It loads the playlist each second and plays in real time from three segments behind."""

    def __init__(self, address: str, camera_id: str, record: Record) -> None:
        self._connection = Connection(address)
        self._folder = f"/live/{camera_id}/"
        self._record = record
        self._newest = -1
        self._buffered_until = 0.0  # of the video, Unix seconds
        self._behind_s: float | None = None  # clock minus time of the shown frame; None before the start

    async def watch(self, until: float, delay_s: float) -> None:
        """Ask for video after a delay; while it is refused, load pictures instead."""
        await asyncio.sleep(delay_s)
        while time.monotonic() < until:
            playlist = await self._admission()
            if playlist is None:
                self._record.refused += 1
                await self._see_pictures(min(until, time.monotonic() + ASK_AGAIN_S * random.uniform(0.5, 1.5)))
                continue
            self._record.admitted += 1
            await self._play(playlist, until)
        self._note_stall()
        self._connection.close()

    async def _admission(self) -> str | None:
        """Path of the playlist with a lease, where the uplink is limited."""
        reply = await self._connection.get(f"{self._folder}index.m3u8", body=True)
        if not self._record.note(reply, self._record.media_s):
            return None
        last = reply.body.decode().splitlines()[-1]
        return self._folder + (last if "lease=" in last else "index.m3u8")

    async def _play(self, playlist: str, until: float) -> None:
        self._newest, self._behind_s = -1, None
        while time.monotonic() < until:
            began = time.monotonic()
            reply = await self._connection.get(playlist, body=True)
            if self._record.note(reply, self._record.media_s):
                await self._load_segments(reply.body)
            elif reply.status == 429:
                return
            await asyncio.sleep(max(0.0, began + 1.0 - time.monotonic()))

    async def _load_segments(self, playlist: bytes) -> None:
        listed = [(int(n), float(length), at) for length, at, n in _SEGMENT.findall(playlist)]
        if self._newest < 0:
            listed = listed[-START_SEGMENTS:]
        for number, length, at in listed:
            if number <= self._newest:
                continue
            reply = await self._connection.get(f"{self._folder}{number}.m4s")
            if not self._record.note(reply, self._record.media_s):
                continue
            self._record.bytes += int(reply.header(b"content-length") or 0)
            start = datetime.fromisoformat(at.decode()).timestamp()
            self._newest = number
            self._buffer(start, start + length)

    def _buffer(self, start: float, until: float) -> None:
        """Take the video from `start` to `until`, Unix seconds. One that came late is a stall, and shifts the rest."""
        if self._behind_s is None:
            self._behind_s = time.time() - start
        else:
            self._note_stall()
        self._buffered_until = until
        self._record.delays_s.append(self._behind_s)

    def _note_stall(self) -> None:
        late_s = 0.0 if self._behind_s is None else time.time() - self._behind_s - self._buffered_until
        if self._behind_s is not None and late_s > 0:
            self._record.stalls_s.append(late_s)
            self._behind_s += late_s

    async def _see_pictures(self, until: float) -> None:
        while time.monotonic() < until:
            reply = await self._connection.get(f"{self._folder}preview.jpg")
            if self._record.note(reply, self._record.media_s):
                taken = parsedate_to_datetime(reply.header(b"last-modified").decode())
                self._record.picture_ages_s.append(time.time() - taken.timestamp())
            await asyncio.sleep(min(PICTURE_EVERY_S, max(0.0, until - time.monotonic())))
