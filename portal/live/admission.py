"""Admission of video viewers: no more than the uplink carries. See docs/adr/0190-admission-of-viewers.md."""

import re
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock

from pipelines.live_video.hls_playlist import PLAYLIST
from portal.live.small_videos import SUFFIX

VIDEO_SHARE = 0.8
"""Share of the uplink for video; the rest is for pictures, pages and the state. [assumption]"""
LEASE_S = 30.0
"""Seconds that a lease lasts after its last use. A player loads its playlist every few seconds, and nginx asks the
portal at least every 10 s. [assumption]"""
MEASURE_EVERY_S = 10.0
"""Seconds between two measurements of the bit rate of a camera. [assumption]"""
UNKNOWN_BITS_PER_S = 2_000_000.0
"""Bit rate of a camera whose playlist cannot be read: that of a 720p camera. [assumption]"""
SMALL_BITS_PER_S = 192_000.0
"""The same of a small rendition: its limit. [source: pipelines/live_video/small_video.py]"""

_EXTINF = re.compile(r"#EXTINF:([\d.]+),")
"""Length of a segment, in a playlist. [source: RFC 8216]"""


class Admission:
    """Leases of the viewers, each for the video of one camera. Thread-safe.

    A lease that is not used for `LEASE_S` gives its room to others. rate_of: bits a second of a camera's video.
    now: monotonic seconds, replaceable in tests.
    """

    def __init__(
        self, uplink_mbits: float, rate_of: Callable[[str], float], now: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate_of = rate_of
        self._room = uplink_mbits * 1e6 * VIDEO_SHARE
        self._now = now
        self._lock = Lock()
        self._leases: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._viewers: Counter[str] = Counter()

    @property
    def viewers(self) -> int:
        """Number of leases in force."""
        with self._lock:
            self._drop_expired()
            return len(self._leases)

    def admit(self, camera_id: str, lease: str, *, always: bool = False) -> bool:
        """Grant a lease if there is room, and return whether it is granted. always: also without room."""
        rate = self.rate_of(camera_id)
        with self._lock:
            self._drop_expired()
            key = camera_id, lease
            if key not in self._leases:
                if not always and self._used() + rate > self._room:
                    return False
                self._viewers[camera_id] += 1
            self._prolong(key)
            return True

    def renew(self, camera_id: str, lease: str) -> bool:
        """Prolong a lease; return False for one that has ended or never was."""
        with self._lock:
            self._drop_expired()
            if (camera_id, lease) not in self._leases:
                return False
            self._prolong((camera_id, lease))
            return True

    def _prolong(self, key: tuple[str, str]) -> None:
        self._leases[key] = self._now() + LEASE_S
        self._leases.move_to_end(key)

    def _drop_expired(self) -> None:
        now = self._now()
        while self._leases:
            (camera_id, lease), until = next(iter(self._leases.items()))
            if until > now:
                return
            del self._leases[camera_id, lease]
            self._viewers[camera_id] -= 1

    def _used(self) -> float:
        return sum(viewers * self.rate_of(camera_id) for camera_id, viewers in self._viewers.items() if viewers)


class MeasuredRates:
    """Bit rates of cameras by the segments in their playlists. folder: with a folder for each camera."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._now = now
        self._measured: dict[str, tuple[float, float]] = {}

    def bits_per_s(self, camera_id: str) -> float:
        """Bits a second of a camera's video, at most `MEASURE_EVERY_S` ago."""
        at, rate = self._measured.get(camera_id, (-MEASURE_EVERY_S, 0.0))
        if self._now() - at >= MEASURE_EVERY_S:
            rate = playlist_bits_per_s(self._folder / camera_id / PLAYLIST) or _unknown_rate(camera_id)
            self._measured[camera_id] = self._now(), rate
        return rate


def _unknown_rate(name: str) -> float:
    return SMALL_BITS_PER_S if name.endswith(SUFFIX) else UNKNOWN_BITS_PER_S


def playlist_bits_per_s(playlist: Path) -> float | None:
    """Mean bit rate of the segments that a playlist names; None where none of them can be read."""
    size = duration_s = last_s = 0.0
    with suppress(OSError):
        for line in playlist.read_text().splitlines():
            stated = _EXTINF.match(line)
            if stated:
                last_s = float(stated[1])
            elif line and not line.startswith("#"):
                with suppress(OSError):
                    size += (playlist.parent / line).stat().st_size
                    duration_s += last_s
    return 8 * size / duration_s if duration_s > 0 else None
