"""Live camera whose faults the suite chooses. Each connection joins the road at its present time, at a keyframe."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random

from tests.faults.kinds import Kind
from tests.faults.road import FPS, LOOP_S
from tests.support.odd_rtsp_server import Oddities, OddRtspServer
from tests.support.rtp_frames import CodedClip, CodedFrame

LOST_SHARE = 0.15
"""Share (0..1) of the frames that a lossy network drops. [assumption]"""
BURST_S = 1.0
"""Time (s) for which a delaying network keeps frames, before they arrive at once. [assumption]"""
JUMPS_S = (-86_400.0, -90.0, -3.0, 3.0, 90.0, 86_400.0)
"""Jumps (s) of a camera's clock. [assumption]"""
JUNK = b"\xff\x00 no RTSP \x00" * 40
"""Bytes that belong to no protocol. [test data]"""


@dataclass(slots=True)
class _State:
    """State that the connections read at each frame. generation: connections of an earlier one send nothing."""

    faults: set[Kind] = field(default_factory=set)
    generation: int = 0
    clock_offset_s: float = 0.0


class LiveCamera:
    """RTSP camera on a fixed port of 127.0.0.1. clips: by variant; the first is shown at first.

    epoch: Unix seconds at which its clip began. Use as a context manager.
    """

    def __init__(self, name: str, clips: list[CodedClip], epoch: float) -> None:
        self.name, self.epoch = name, epoch
        self._clips, self._clip = clips, clips[0]
        self._state = _State()
        self._random = Random(name)
        self._oddities = Oddities(frames=self._frames, stamp=lambda _, at: at + self._state.clock_offset_s + 100_000)
        self._server: OddRtspServer | None = OddRtspServer(self._clip, self._oddities)
        self.port = self._server.port
        self._server.__enter__()

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/live"

    def close(self) -> None:
        """End the camera."""
        server, self._server = self._server, None
        if server is not None:
            server.__exit__(None, None, None)

    def begin(self, kind: Kind, draw: float) -> None:
        """Begin a fault. draw: 0 <= draw < 1, chooses among variants."""
        match kind:
            case Kind.CUT:
                self.close()
            case Kind.HALF_OPEN:
                self._state.generation += 1
                self._state.faults.add(kind)
            case Kind.BROKEN_FRAMING:
                self._send_junk()
            case Kind.RESOLUTION:
                self._show(self._clips[0] if self._clip is self._clips[1] else self._clips[1])
            case Kind.CODEC:
                self._show(self._clips[0] if self._clip is self._clips[2] else self._clips[2])
            case Kind.CLOCK_JUMP:
                self._state.clock_offset_s += JUMPS_S[int(draw * len(JUMPS_S))]
            case _:
                self._state.faults.add(kind)

    def end(self, kind: Kind) -> None:
        """End a fault."""
        self._state.faults.discard(kind)
        if kind is Kind.CUT:
            self._server = OddRtspServer(self._clip, self._oddities, port=self.port)
            self._server.__enter__()

    def _show(self, clip: CodedClip) -> None:
        """Send another clip on all connections, without a word to them; new connections have its description."""
        self._clip = clip
        if self._server is not None:
            self._server.clip = clip

    def _send_junk(self) -> None:
        for client in list(self._server.clients) if self._server else ():
            with suppress(OSError):
                client.sendall(JUNK)

    def _frames(self, _described: CodedClip) -> Iterator[tuple[float, CodedFrame]]:
        """Yield the frames of one connection, each with its time (s) since the start of the connection."""
        began, generation, shown = time.time(), self._state.generation, self._clip
        has_keyframe, frozen = False, None
        for number in count(int((began - self.epoch) * FPS) + 1):
            clip, faults, at = self._clip, self._state.faults, self.epoch + number / FPS
            frame = clip.frames[number % round(LOOP_S * FPS)]
            if self._state.generation != generation:
                return
            if Kind.FROZEN in faults:
                frozen = frozen or (frame if frame.is_keyframe else None)
            if clip is not shown or (frozen and Kind.FROZEN not in faults):
                shown, has_keyframe, frozen = clip, False, None
            has_keyframe = has_keyframe or frame.is_keyframe
            sends = has_keyframe and not faults & {Kind.STALL, Kind.HALF_OPEN}
            kept_s = BURST_S if Kind.DELAY in faults and number % round(BURST_S * FPS) == 0 else 0.0
            if (kept_s or not sends) and not self._wait_until(at + kept_s):
                return
            if sends:
                yield at - began, self._changed(frozen or frame, faults)

    def _changed(self, frame: CodedFrame, faults: set[Kind]) -> CodedFrame:
        """Return what a faulty camera or network makes of a frame."""
        units = frame.units
        if Kind.GARBAGE in faults:
            units = [bytes([unit[0]]) + self._random.randbytes(max(1, len(unit) - 1)) for unit in units]
        if Kind.TRUNCATED in faults:
            units = [unit[: max(2, len(unit) // 2)] for unit in units]
        if Kind.LOSS in faults and self._random.random() < LOST_SHARE:
            units = []
        return CodedFrame(frame.at, units, frame.is_keyframe)

    def _wait_until(self, at: float) -> bool:
        """Wait; return whether the server goes on."""
        server = self._server
        return server is not None and server.wait(at - time.time())


def stop_all(cameras: list[LiveCamera]) -> None:
    """End all cameras at once."""
    threads = [threading.Thread(target=camera.close) for camera in cameras]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
