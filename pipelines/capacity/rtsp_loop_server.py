"""Clips in a loop as RTSP cameras, at as little cost as can be: a machine under test pays for its cameras, too.

The protocol is that of the library's server. What differs from its playing of files: a clip's RTP payloads are cut
once, a picture's packets leave in one write, no thread reads the file again and again, and the clock of the plan says
what is shown, as with a camera that nobody can make wait.

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
from pipelines.capacity.plan import Plan, PlannedCamera
from pipelines.worker.child_process import end_with_parent

_HEADER = struct.Struct("!cBHBBHII")
"""`$`, channel and length (RFC 2326, 10.12), then the RTP header (RFC 3550, 5.1)."""
_RTP_HEADER_BYTES = 12
_RTP_VERSION = 0x80
_MARKER = 0x80

Payload = tuple[bytes, int]
"""One RTP packet's, and whether it ends its picture (1 or 0)."""


@dataclass(frozen=True, slots=True)
class CutClip:
    """pictures: the payloads of each; keyframes begin with the parameter sets. Announced as `source`."""

    source: Any
    pictures: tuple[tuple[Payload, ...], ...]
    keyframes: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class LoopedCamera:
    clip: CutClip
    plan: PlannedCamera


class _Session(RtspServerSession):  # type: ignore[misc]
    async def _stream_media(self) -> None:
        camera: LoopedCamera = self.server.looped[self.media_source.file_path.name]
        state = next(state for state in self.track_states.values() if state.rtp_channel is not None)
        clip, plan = camera.clip, camera.plan
        number = plan.next_picture(time.time())
        while not clip.keyframes[number % plan.pictures]:
            number += 1
        while not self.closed:
            wait_s = plan.due_at(number) - time.time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            timestamp = round(number * state.info.clock_rate / FPS)
            packets = self._packets(state, clip.pictures[number % plan.pictures], timestamp)
            async with self.write_lock:
                await self.sock.send(packets)
            await self._maybe_send_rtcp_sr(state)
            number += 1

    def _packets(self, state: Any, payloads: tuple[Payload, ...], timestamp: int) -> bytes:
        """All of one picture, ready to be written."""
        parts = []
        for payload, ends in payloads:
            kind = state.info.payload_type | (_MARKER if ends else 0)
            length = _RTP_HEADER_BYTES + len(payload)
            sequence, when = state.sequence_number, timestamp & 0xFFFFFFFF
            parts += [
                _HEADER.pack(b"$", state.rtp_channel, length, _RTP_VERSION, kind, sequence, when, state.ssrc),
                payload,
            ]
            state.sequence_number = (sequence + 1) & 0xFFFF
            state.packet_count += 1
            state.octet_count += len(payload)
        state.last_rtp_timestamp, state.last_rtp_send_time = timestamp & 0xFFFFFFFF, time.time()
        return b"".join(parts)


class _Server(RtspServer):  # type: ignore[misc]
    def __init__(self, looped: dict[str, LoopedCamera], port: int) -> None:
        super().__init__(".", host="127.0.0.1", port=port)
        self.looped = looped

    async def _handle_client(self, sock: Any) -> None:
        try:
            await _Session(self, sock).run()
        except (OSError, EOFError):
            self.logger.debug("a viewer went away")

    def resolve_request_path(self, uri: str) -> Path:
        name = uri.split("?", maxsplit=1)[0].rstrip("/").rsplit("/", 1)[-1]
        if name not in self.looped:
            raise FileNotFoundError(uri)
        return Path(name)

    def load_media_source(self, file_path: Path) -> Any:
        return replace(self.looped[file_path.name].clip.source, file_path=file_path)

    def cut(self, path: Path) -> CutClip:
        source = super().load_media_source(path)
        track = source.tracks[0]
        session = object.__new__(_Session)  # its way of cutting needs no connection
        before_keyframe = [(track.parameter_sets[name], 0) for name in ("sps", "pps")]
        pictures, keyframes = [], []
        with av.open(str(path)) as container:
            for packet in container.demux(video=0):
                if not packet.size:
                    continue
                units = extract_nalus(track.codec_name, bytes(packet), track.nal_length_size)
                payloads = list(before_keyframe) if packet.is_keyframe else []
                for place, unit in enumerate(units, start=1):
                    marker = int(place == len(units))
                    payloads += session._packetize_video_nalu(unit, marker, track.codec_name)
                pictures.append(tuple(payloads))
                keyframes.append(packet.is_keyframe)
        return CutClip(source, tuple(pictures), tuple(keyframes))


async def serve(plan: Plan, port: int) -> None:
    looped: dict[str, LoopedCamera] = {}
    server = _Server(looped, port)
    clips = {path: server.cut(Path(path)) for path in {camera.path for camera in plan.cameras}}
    looped |= {camera.id: LoopedCamera(clips[camera.path], camera) for camera in plan.cameras}
    await server.serve_forever()


if __name__ == "__main__":
    end_with_parent()
    asyncio.run(serve(Plan.from_json(Path(sys.argv[1]).read_text()), int(sys.argv[2])))
