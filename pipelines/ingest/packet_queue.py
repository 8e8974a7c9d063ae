"""Queue of one connection's packets before decoding, and the policy of which packets are dropped undecoded.

The policy has four rules, in this order:

- A stream without requested frames is not decoded. It resumes at a keyframe.
- A random access point makes all packets before it superfluous.
- Disposable frames are dropped while reference frames alone reach the requested rate.
- On overload, all packets up to the next keyframe are dropped. That lowers the analysis rate, but not the latency.
"""

from collections import deque
from dataclasses import dataclass

from pipelines.ingest.nal import FrameRole
from pipelines.ingest.rate_limiter import RateLimiter
from pipelines.ingest.source import VideoPacket

MAX_PACKETS = 100
"""Packets of one camera that may wait; 4 s at 25 frames a second. [assumption]"""

MAX_HEADERS = 4
"""Latest packets of parameter sets that are kept when frames are dropped. [assumption]"""


@dataclass(slots=True)
class DecodeStats:
    """Numbers of frames of one connection.

    decoded: including those decoded only because others depend on them. delivered: to the analysis.
    dropped_disposable, dropped_outdated, dropped_unrequested, dropped_overload: never decoded, by the rules of the
    module.
    """

    arrived: int = 0
    decoded: int = 0
    delivered: int = 0
    dropped_disposable: int = 0
    dropped_outdated: int = 0
    dropped_unrequested: int = 0
    dropped_overload: int = 0


@dataclass(frozen=True, slots=True)
class QueuedPacket:
    """Packet with the role of its frame. arrived: seconds, `time.monotonic`."""

    role: FrameRole
    packet: VideoPacket
    arrived: float


class PacketQueue:
    """Packets that wait for decoding. Not thread-safe.

    decode_ordered: timestamps give the order of decoding only (`pipelines.ingest.source.Source`). Disposable frames are
    then kept, since the time of a frame follows from the number of packets before it. needs_keyframe: whether all
    packets are dropped up to the next keyframe.
    """

    def __init__(self, *, decode_ordered: bool) -> None:
        self.stats = DecodeStats()
        self._decode_ordered = decode_ordered
        self._packets: deque[QueuedPacket] = deque()
        self._reference_rate = ReferenceFrameRate()
        self._limiter = RateLimiter()
        self.needs_keyframe = False
        self._since_delivery = 0

    def put(self, queued: QueuedPacket, requested_fps: float) -> bool:
        """Store or drop a packet; return whether decoding is due now. requested_fps: 0 for none."""
        self._reference_rate.update(queued.role, queued.packet)
        if queued.role is FrameRole.HEADERS:
            self._packets.append(queued)
        else:
            self.stats.arrived += 1
            self._since_delivery += 1
            self._put_frame(queued, requested_fps)
        if not (self._packets and self._limiter.is_due(requested_fps, queued.arrived)):
            return False
        self._limiter.spend(requested_fps, queued.arrived)
        return True

    def _put_frame(self, queued: QueuedPacket, requested_fps: float) -> None:
        is_random_access = queued.role is FrameRole.RANDOM_ACCESS
        if is_random_access:
            self.stats.dropped_outdated += self._drop_frames()
        if is_random_access or queued.packet.is_keyframe:
            self.needs_keyframe = False
        if requested_fps <= 0:
            self.stats.dropped_unrequested += 1 + self._drop_frames()
            self.needs_keyframe, self._since_delivery = True, 0
        elif self.needs_keyframe:
            self.stats.dropped_overload += 1
        elif queued.role is FrameRole.DISPOSABLE and self._reference_frames_suffice(requested_fps):
            self.stats.dropped_disposable += 1
        else:
            self._packets.append(queued)
            if len(self._packets) > MAX_PACKETS:
                self.stats.dropped_overload += self._drop_frames()
                self.needs_keyframe = True

    def _reference_frames_suffice(self, requested_fps: float) -> bool:
        return self._reference_rate.fps >= requested_fps and not self._decode_ordered

    def _drop_frames(self) -> int:
        """Drop all frames and return their number; parameter sets stay, since later frames may need them."""
        before = len(self._packets)
        headers = [queued for queued in self._packets if queued.role is FrameRole.HEADERS]
        self._packets = deque(headers[-MAX_HEADERS:])
        return before - len(headers)

    def pop_all(self) -> list[QueuedPacket]:
        """Return the waiting packets in decoding order, and empty the queue."""
        packets = list(self._packets)
        self._packets.clear()
        return packets

    def pop_passed_over(self) -> int:
        """Count one delivered frame; return how many others arrived since the previous delivery."""
        self.stats.delivered += 1
        passed_over = max(0, self._since_delivery - 1)
        self._since_delivery = 0
        return passed_over


class ReferenceFrameRate:
    """Rate of the frames that are not disposable, measured from keyframe to keyframe in stream time.

    fps: frames a second; 0 until the second keyframe.
    """

    def __init__(self) -> None:
        self.fps = 0.0
        self._count = 0
        self._since: float | None = None

    def update(self, role: FrameRole, packet: VideoPacket) -> None:
        """Add the next packet of the stream."""
        if packet.is_keyframe and packet.dts is not None:
            now = float(packet.dts * packet.time_base)
            if self._since is not None:
                self.fps = self._count / (now - self._since) if now > self._since else 0.0
            self._count, self._since = 0, now
        self._count += role in (FrameRole.RANDOM_ACCESS, FrameRole.NEEDED)
