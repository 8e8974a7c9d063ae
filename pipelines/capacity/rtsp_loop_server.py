"""RTSP server of looped clips, at low cost: the machine under test runs it beside the worker.

The RTSP protocol is that of the library's server; its playback of files costs too much here. RTP payloads are cut once
per clip, the packets of a frame leave in one write, and the playback plan alone determines the frame.

    python -m pipelines.capacity.rtsp_loop_server PLAN.json PORT
"""

import asyncio
import struct
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
from aio_rtsp_toolkit.server import RtspServer
from aio_rtsp_toolkit.server_media import extract_nalus
from aio_rtsp_toolkit.server_session import RtspServerSession

from pipelines.capacity.clips import FPS
from pipelines.capacity.plan import PlannedCamera, PlaybackPlan
from pipelines.worker.child_process import end_with_parent

_RTP_HEADER = struct.Struct("!cBHBBHII")
"""`$`, channel and length [source: RFC 2326, 10.12], then the RTP header [source: RFC 3550, 5.1]."""

_RTP_HEADER_BYTES = 12
"""Size of the RTP header in bytes [source: RFC 3550, 5.1]."""

_RTP_VERSION = 0x80
"""First byte of the RTP header: version 2, no extension [source: RFC 3550, 5.1]."""

_MARKER = 0x80
"""Bit of the second byte that marks the last packet of a frame [source: RFC 6184, 5.1]."""

_FU_A, _FU_START, _FU_END = 28, 0x80, 0x40
"""Type of a fragment, and the bits that mark the first and the last one [source: RFC 6184, 5.8]."""

MAX_PAYLOAD_BYTES = 1400
"""Largest RTP payload in bytes; with all headers it fits an Ethernet frame [assumption]."""

Payload = tuple[bytes, int]
"""Payload of one RTP packet, and whether it is the last of its frame (1 or 0)."""


def rtp_payloads(unit: bytes, *, ends_frame: bool) -> list[Payload]:
    """Return the RTP payloads of one H.264 NAL unit: the unit itself, or fragments of it (FU-A; RFC 6184, 5.8).

    ends_frame: whether the unit is the last of its frame.

    >>> rtp_payloads(b"eabc", ends_frame=True)
    [(b'eabc', 1)]
    """
    if len(unit) <= MAX_PAYLOAD_BYTES:
        return [(unit, int(ends_frame))]
    size = MAX_PAYLOAD_BYTES - 2
    starts = range(1, len(unit), size)
    indicator, kind = unit[0] & 0xE0 | _FU_A, unit[0] & 0x1F
    return [
        (
            bytes([indicator, kind | _FU_START * (at == 1) | _FU_END * (at == starts[-1])]) + unit[at : at + size],
            int(ends_frame and at == starts[-1]),
        )
        for at in starts
    ]


@dataclass(frozen=True, slots=True)
class CutClip:
    """A clip as RTP payloads by frame. keyframes: by frame; they start with the parameter sets. source: for the SDP."""

    source: Any
    frames: tuple[tuple[Payload, ...], ...]
    keyframes: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class LoopedCamera:
    """A camera of the plan with its clip."""

    clip: CutClip
    plan: PlannedCamera


class _Session(RtspServerSession):  # type: ignore[misc]
    """Session that plays a looped camera instead of a file (docs/adr/0081-rtsp-servers.md)."""

    async def _stream_media(self) -> None:
        camera: LoopedCamera = self.server.looped[self.media_source.file_path.name]
        state = next(state for state in self.track_states.values() if state.rtp_channel is not None)
        clip, plan = camera.clip, camera.plan
        number = plan.next_frame(time.time())
        while not clip.keyframes[number % plan.frames]:
            number += 1
        while not self.closed:
            wait_s = plan.due_at(number) - time.time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            timestamp = round(number * state.info.clock_rate / FPS)
            packets = self._packets(state, clip.frames[number % plan.frames], timestamp)
            async with self.write_lock:
                await self.sock.send(packets)
            await self._maybe_send_rtcp_sr(state)
            number += 1

    def _packets(self, state: Any, payloads: tuple[Payload, ...], timestamp: int) -> bytes:
        """Return all packets of one frame as one piece of data."""
        parts = []
        for payload, ends in payloads:
            kind = state.info.payload_type | (_MARKER if ends else 0)
            length = _RTP_HEADER_BYTES + len(payload)
            sequence, when = state.sequence_number, timestamp & 0xFFFFFFFF
            parts += [
                _RTP_HEADER.pack(b"$", state.rtp_channel, length, _RTP_VERSION, kind, sequence, when, state.ssrc),
                payload,
            ]
            state.sequence_number = (sequence + 1) & 0xFFFF
            state.packet_count += 1
            state.octet_count += len(payload)
        state.last_rtp_timestamp, state.last_rtp_send_time = timestamp & 0xFFFFFFFF, time.time()
        return b"".join(parts)


class _Server(RtspServer):  # type: ignore[misc]
    """Server whose addresses are the cameras of a plan. looped: by id of the camera."""

    def __init__(self, looped: dict[str, LoopedCamera], port: int) -> None:
        super().__init__(".", host="127.0.0.1", port=port)
        self.looped = looped

    async def _handle_client(self, sock: Any) -> None:
        try:
            await _Session(self, sock).run()
        except (OSError, EOFError):
            self.logger.debug("a client disconnected")

    def resolve_request_path(self, uri: str) -> Path:
        name = uri.split("?", maxsplit=1)[0].rstrip("/").rsplit("/", 1)[-1]
        if name not in self.looped:
            raise FileNotFoundError(uri)
        return Path(name)

    def load_media_source(self, file_path: Path) -> Any:
        return replace(self.looped[file_path.name].clip.source, file_path=file_path)

    def cut(self, path: Path) -> CutClip:
        """Read a clip and cut its frames into RTP payloads."""
        source = super().load_media_source(path)
        track = source.tracks[0]
        before_keyframe = [(track.parameter_sets[name], 0) for name in ("sps", "pps")]
        frames, keyframes = [], []
        with av.open(str(path)) as container:
            for packet in container.demux(video=0):
                if not packet.size:
                    continue
                units = extract_nalus(track.codec_name, bytes(packet), track.nal_length_size)
                payloads = list(before_keyframe) if packet.is_keyframe else []
                for place, unit in enumerate(units, start=1):
                    payloads += rtp_payloads(unit, ends_frame=place == len(units))
                frames.append(tuple(payloads))
                keyframes.append(packet.is_keyframe)
        return CutClip(source, tuple(frames), tuple(keyframes))


async def serve(plan: PlaybackPlan, port: int) -> None:
    """Serve the cameras of the plan at `rtsp://127.0.0.1:port/ID`, forever."""
    looped: dict[str, LoopedCamera] = {}
    server = _Server(looped, port)
    clips = {path: server.cut(Path(path)) for path in {camera.path for camera in plan.cameras}}
    looped |= {camera.id: LoopedCamera(clips[camera.path], camera) for camera in plan.cameras}
    await server.serve_forever()


if __name__ == "__main__":
    end_with_parent()
    asyncio.run(serve(PlaybackPlan.from_json(Path(sys.argv[1]).read_text()), int(sys.argv[2])))
