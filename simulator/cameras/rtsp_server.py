"""RTSP server for live streams, built on the file server of aio-rtsp-toolkit.

The library serves files only. `_LiveSession` and `_StreamServer` replace its file source by live streams; they use
private methods of the library, see docs/adr/0072-live-rtsp-server.md.
"""

import asyncio
import queue
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aio_rtsp_toolkit.server import RtspServer
from aio_rtsp_toolkit.server_media import MediaSource, MediaTrackInfo, profile_level_id_from_sps, to_base64
from aio_rtsp_toolkit.server_session import RtspServerSession
from aio_rtsp_toolkit.server_session_types import QueuedMediaPacket

from pipelines.errors import UserError

CLIENT_QUEUE_FRAMES = 50
"""Frames in the queue of a client; when it is full, frames are dropped until the next keyframe [assumption: 4 s]."""

_START_TIMEOUT_S, _STOP_TIMEOUT_S, _POLL_S = 10.0, 5.0, 0.2
"""Seconds for the server to start and to stop, and between two checks whether a session has ended [assumption]."""

_CLOCK_HZ = 90_000
"""RTP clock rate of H.264, Hz [source: RFC 6184, section 8.2.1]."""

_START_CODE = re.compile(b"\x00\x00\x00?\x01")
"""Start code between NAL units [source: ITU-T H.264, annex B]."""

_SLICE, _KEY_SLICE, _SPS, _PPS = 1, 5, 7, 8
"""NAL unit types: slice, slice of a keyframe, sequence and picture parameter set [source: ITU-T H.264, table 7-1]."""


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """One encoded frame. payload: NAL units, each after its length in 4 bytes. t: seconds on the camera's clock."""

    t: float
    payload: bytes
    is_keyframe: bool


class LiveStream:
    """One live stream and its clients. `publish` may be called from any thread and never blocks.

    parameter_sets: SPS and PPS with start codes.
    """

    def __init__(self, name: str, parameter_sets: bytes, fps: float) -> None:
        units = {unit[0] & 0x1F: unit for unit in nal_units(parameter_sets)}
        self.name, self.fps = name, fps
        self.sps, self.pps = units[_SPS], units[_PPS]
        self._clients: list[_Client] = []
        self._lock = threading.Lock()

    def publish(self, t: float, encoded: bytes) -> None:
        """Offer a frame to all clients. t: seconds. encoded: NAL units of one frame, with start codes."""
        slices = [unit for unit in nal_units(encoded) if unit[0] & 0x1F in (_SLICE, _KEY_SLICE)]
        payload = b"".join(len(unit).to_bytes(4, "big") + unit for unit in slices)
        frame = EncodedFrame(t, payload, any(unit[0] & 0x1F == _KEY_SLICE for unit in slices))
        with self._lock:
            for client in self._clients:
                client.offer(frame)

    @property
    def has_clients(self) -> bool:
        """True while at least one client plays the stream."""
        return bool(self._clients)

    def add_client(self) -> "_Client":
        """Add a client; its queue receives frames from the next keyframe on."""
        client = _Client()
        with self._lock:
            self._clients.append(client)
        return client

    def remove_client(self, client: "_Client") -> None:
        """Remove a client. Raises ValueError where it is none."""
        with self._lock:
            self._clients.remove(client)

    def description(self) -> Any:
        """Description of the stream for the answer to DESCRIBE."""
        fmtp = (
            f"packetization-mode=1; profile-level-id={profile_level_id_from_sps(self.sps)}; "
            f"sprop-parameter-sets={to_base64(self.sps)},{to_base64(self.pps)}"
        )
        track = MediaTrackInfo(
            media_type="video",
            control="track1",
            codec_name="h264",
            payload_type=96,
            clock_rate=_CLOCK_HZ,
            fmtp=fmtp,
            parameter_sets={"sps": self.sps, "pps": self.pps},
        )
        return MediaSource(file_path=Path(self.name), tracks=[track], session_name="camera")


@dataclass
class _Client:
    """Queue of one client. It starts with a keyframe and, after frames were dropped, restarts with the next one."""

    frames: "queue.Queue[EncodedFrame]" = field(default_factory=lambda: queue.Queue(CLIENT_QUEUE_FRAMES))
    is_synchronised: bool = False

    def offer(self, frame: EncodedFrame) -> None:
        """Append a frame to the queue, or drop it while the client waits for a keyframe."""
        if not (self.is_synchronised or frame.is_keyframe):
            return
        try:
            self.frames.put_nowait(frame)
            self.is_synchronised = True
        except queue.Full:
            self.is_synchronised = False


class _LiveSession(RtspServerSession):  # type: ignore[misc]
    """Session that sends frames of a live stream instead of a file."""

    def _produce_container_packets(self, loop: Any, waiting: Any, stop_event: threading.Event) -> None:
        state = next(state for state in self.track_states.values() if state.rtp_channel is not None)
        stream: LiveStream = self.server.streams[self.media_source.file_path.name]
        client, first = stream.add_client(), None
        try:
            while not (self.closed or stop_event.is_set()):
                try:
                    frame = client.frames.get(timeout=_POLL_S)
                except queue.Empty:
                    continue
                first = frame.t if first is None else first
                packet = QueuedMediaPacket(
                    kind="video",
                    track_control=state.info.control,
                    data=frame.payload,
                    media_time=frame.t - first,
                    duration_seconds=0.0,
                    is_keyframe=frame.is_keyframe,
                )
                if not self._threadsafe_queue_put(loop, waiting, packet, stop_event):
                    return
        finally:
            stream.remove_client(client)


class _StreamServer(RtspServer):  # type: ignore[misc]
    """Server whose paths are names of live streams instead of files."""

    def __init__(self, streams: Iterable[LiveStream], host: str, port: int) -> None:
        super().__init__(".", host=host, port=port)
        self.streams = {stream.name: stream for stream in streams}
        self._sessions: set[_LiveSession] = set()

    async def _handle_client(self, sock: Any) -> None:
        session = _LiveSession(self, sock)
        self._sessions.add(session)
        try:
            await session.run()
        except (OSError, EOFError):
            self.logger.debug(f"{session.peername} disconnected")
        finally:
            self._sessions.discard(session)

    def resolve_request_path(self, uri: str) -> Path:
        """Name of the stream in a request. Raises FileNotFoundError where there is none."""
        name = uri.split("?", maxsplit=1)[0].rstrip("/").rsplit("/", 1)[-1]
        if name not in self.streams:
            raise FileNotFoundError(uri)
        return Path(name)

    def load_media_source(self, file_path: Path) -> Any:
        """Description of the stream of that name."""
        return self.streams[file_path.name].description()

    async def close_all(self) -> None:
        """Disconnect all clients and stop to listen."""
        for session in list(self._sessions):
            await session.close()
        await self.close()


class LiveRtspServer:
    """Context manager that serves `streams` at rtsp://host:port/NAME and disconnects all clients at its end.

    Entering raises UserError where the port is in use.
    """

    def __init__(self, streams: Iterable[LiveStream], port: int, host: str = "127.0.0.1") -> None:
        self._streams, self._host, self._port = tuple(streams), host, port

    def __enter__(self) -> Self:
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name=f"rtsp-{self._port}", daemon=True
        )
        self._thread.start()
        self._ready.wait(_START_TIMEOUT_S)
        if self._failure is not None:
            raise UserError(f"port {self._port}: {self._failure.strerror}; free it or choose another")
        return self

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = _StreamServer(self._streams, self._host, self._port)
        try:
            await server.start()
        except OSError as error:
            self._failure = error
            return
        finally:
            self._ready.set()
        await self._stop.wait()
        await server.close_all()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_STOP_TIMEOUT_S)


def nal_units(data: bytes) -> list[bytes]:
    """NAL units of an H.264 byte stream with start codes.

    >>> nal_units(bytes.fromhex("00000001 67aa 000001 68bb"))
    [b'g\\xaa', b'h\\xbb']
    """
    return [unit for unit in _START_CODE.split(data) if unit]
