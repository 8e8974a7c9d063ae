"""RTSP server whose oddities a test chooses: an imitation of cheap cameras on 127.0.0.1 (RFC 2326, RFC 3550)."""

import base64
import hashlib
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread
from types import TracebackType
from typing import BinaryIO, Self

from tests.support.rtp_frames import CodedClip, CodedFrame, parameter_sets, payloads_of, read_clip

VIDEO_TYPE = 96
"""RTP payload type of the video. [source: RFC 3551, dynamic types]"""

VIDEO_HZ = 90_000
"""Ticks of the video's RTP clock per second. [source: RFC 6184, 8.2.1]"""

NTP_EPOCH_S = 2_208_988_800
"""Seconds from the epoch of NTP (1900) to that of Unix. [source: RFC 5905]"""

SEND_S, JOIN_S = 5.0, 5.0
"""Longest time (s) of one write to a client, and longest wait (s) for a thread to end. [assumption]"""


@dataclass(frozen=True, slots=True)
class SideTrack:
    """Track beside the video. media: its lines of SDP without `a=control`. ticks: of its clock per packet."""

    media: str
    payload_type: int
    payload: bytes
    every_s: float
    ticks: int


G711 = SideTrack("m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n", 8, b"\xd5" * 160, 0.02, 160)
"""Sound in A-law, 20 ms a packet. [source: RFC 3551, 4.5.14]"""

ONVIF_METADATA = SideTrack(
    "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n",
    107,
    b'<?xml version="1.0"?><tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"/>',
    0.1,
    9000,
)
"""Metadata ten times a second. [source: ONVIF Streaming Specification, 5.1.2.1]"""


@dataclass(frozen=True, kw_only=True)
class Oddities:
    """What is odd about a camera.

    stamp: number of a frame and its time (s) since the first -> seconds that its RTP time stamp states. pace: seconds
    of the clip sent per second. units: number of a frame and the frame -> the NAL units to send. first_frame: number of
    the frame that each connection starts with. beside, before: tracks after and before the video in SDP. reports: send
    RTCP sender reports. transports: those that SETUP accepts. credentials: user and password; basic: ask for them by
    Basic instead of Digest authentication. sets_in_sdp: announce the parameter sets. first_stamp: of the RTP clock.
    refusal: status of a refused SETUP; None ends the connection. delivers: transports whose packets arrive.
    max_clients: connections served at once; any other has status 453. redirect: address that DESCRIBE names instead.
    host: address on which the camera listens. video_type: returns the payload type of the video's packets. frames:
    returns the frames of a connection with their times (s) since its start, instead of the looped clip.
    """

    stamp: Callable[[int, float], float] = lambda number, at: at
    pace: float = 1.0
    units: Callable[[int, CodedFrame], list[bytes]] = lambda number, frame: frame.units
    first_frame: int = 0
    beside: tuple[SideTrack, ...] = ()
    before: tuple[SideTrack, ...] = ()
    reports: bool = False
    transports: frozenset[str] = frozenset({"tcp", "udp"})
    credentials: tuple[str, str] | None = None
    basic: bool = False
    sets_in_sdp: bool = True
    first_stamp: int = 0
    refusal: str | None = "461 Unsupported Transport"
    delivers: frozenset[str] = frozenset({"tcp", "udp"})
    max_clients: int | None = None
    redirect: str | None = None
    host: str = "127.0.0.1"
    video_type: Callable[[], int] = lambda: VIDEO_TYPE
    frames: Callable[[CodedClip], Iterator[tuple[float, CodedFrame]]] | None = None


class OddRtspServer:
    """Server of one clip, which each connection plays from its start and in a loop. Use as a context manager.

    video_stops: while it is set, no video is sent; all else goes on. requests: method, address and headers of each
    request. plays: number of PLAY requests.
    """

    def __init__(self, clip: Path | CodedClip, oddities: Oddities | None = None, port: int = 0) -> None:
        self.clip = read_clip(clip) if isinstance(clip, Path) else clip
        self.odd = oddities or Oddities()
        self.video_stops = Flag()
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.plays = 0
        self._stop = Flag()
        family = socket.AF_INET6 if ":" in self.odd.host else socket.AF_INET
        self._listener = socket.create_server((self.odd.host, port), family=family)
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[Thread] = []
        self.clients: list[socket.socket] = []
        self.served: set[_Session] = set()

    def url(self, *, credentials: str = "", scheme: str = "rtsp", path: str = "live") -> str:
        host = f"[{self.odd.host}]" if ":" in self.odd.host else self.odd.host
        return f"{scheme}://{credentials}{host}:{self.port}/{path}"

    def transports_asked(self) -> list[str]:
        """Return the transport of each SETUP request so far."""
        return [_transport_of(headers["transport"]) for method, _, headers in self.requests if method == "SETUP"]

    def admits(self, session: "_Session") -> bool:
        """Return whether the session may be served, and count it as one that is."""
        if self.odd.max_clients is not None and len(self.served | {session}) > self.odd.max_clients:
            return False
        self.served.add(session)
        return True

    def __enter__(self) -> Self:
        self.start_thread(self._accept)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        for open_socket in (self._listener, *self.clients):
            with suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
            open_socket.close()
        for thread in self._threads:
            thread.join(JOIN_S)

    @property
    def tracks(self) -> list[SideTrack | None]:
        """All tracks in the order of SDP; None for the video."""
        return [*self.odd.before, None, *self.odd.beside]

    def sdp(self) -> str:
        """Return the description of the tracks (RFC 4566)."""
        lines = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n"
        for number, track in enumerate(self.tracks):
            lines += self._video_media() if track is None else track.media
            lines += f"a=control:track{number}\r\n"
        return lines

    def _video_media(self) -> str:
        media = f"m=video 0 RTP/AVP {VIDEO_TYPE}\r\na=rtpmap:{VIDEO_TYPE} {self.clip.encoding}/{VIDEO_HZ}\r\n"
        if self.clip.encoding == "H264" and self.odd.sets_in_sdp:
            media += f"a=fmtp:{VIDEO_TYPE} {parameter_sets(self.clip)}\r\n"
        return media

    def start_thread(self, run: Callable[[], None]) -> None:
        """Run a part of the server, which ends without an error when its socket closes."""

        def until_closed() -> None:
            with suppress(OSError, ValueError):
                run()

        thread = Thread(target=until_closed, name="odd RTSP server", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            client.settimeout(None)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(SEND_S), 0))
            self.clients.append(client)
            self.start_thread(_Session(self, client).run)

    def wait(self, seconds: float) -> bool:
        """Wait; return whether the server goes on."""
        return not self._stop.wait(max(0.0, seconds))

    def allows(self, method: str, authorization: str) -> bool:
        """Return whether the request has the right credentials (RFC 7617, RFC 2617)."""
        if self.odd.credentials is None or method == "OPTIONS":
            return True
        user, password = self.odd.credentials
        if self.odd.basic:
            return authorization == "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        given = dict(re.findall(r'(\w+)="([^"]*)"', authorization))
        if given.get("username") != user:
            return False
        secret = _md5(f"{user}:{given['realm']}:{password}")
        asked = _md5(f"{method}:{given['uri']}")
        return given["response"] == _md5(f"{secret}:{given['nonce']}:{asked}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class _Channel:
    """Way of one track to the client. number: its interleaved channel. udp: socket and the client's address."""

    number: int | None = None
    udp: tuple[socket.socket, tuple[str, int]] | None = None
    sequence: int = 0


class _Session:
    """One connection of a client."""

    def __init__(self, server: OddRtspServer, client: socket.socket) -> None:
        self._server, self._client = server, client
        self._channels: dict[int, _Channel] = {}
        self._write = Lock()

    def run(self) -> None:
        try:
            with self._client, self._client.makefile("rb") as stream:
                for method, uri, headers in _requests(stream):
                    self._server.requests.append((method, uri, headers))
                    if not self._answer(method, uri, headers):
                        return
        finally:
            self._server.served.discard(self)
            for channel in self._channels.values():
                if channel.udp is not None:
                    channel.udp[0].close()

    def _answer(self, method: str, uri: str, headers: dict[str, str]) -> bool:
        """Answer a request; return whether the connection goes on."""
        if not self._server.allows(method, headers.get("authorization", "")):
            digest = 'Digest realm="camera", nonce="5c2f1d"'
            self._reply(headers, "401 Unauthorized", [f"WWW-Authenticate: {_challenge(self._server, digest)}"])
            return True
        match method:
            case "DESCRIBE" if self._server.odd.redirect is not None:
                self._reply(headers, "302 Moved Temporarily", [f"Location: {self._server.odd.redirect}"])
            case "DESCRIBE":
                lines = [f"Content-Base: {uri}/", "Content-Type: application/sdp"]
                self._reply(headers, lines=lines, body=self._server.sdp())
            case "SETUP":
                return self._set_up(int(uri.rsplit("track", 1)[1]), headers)
            case "PLAY":
                self._reply(headers, lines=["Session: 1234", "Range: npt=0.000-"])
                self._play()
            case _:
                self._reply(headers, lines=["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"])
        return method != "TEARDOWN"

    def _reply(
        self, headers: dict[str, str], status: str = "200 OK", lines: list[str] | None = None, body: str = ""
    ) -> None:
        head = [f"RTSP/1.0 {status}", f"CSeq: {headers.get('cseq', '0')}", *(lines or [])]
        head += [f"Content-Length: {len(body)}"] if body else []
        with self._write:
            self._client.sendall("\r\n".join([*head, "", body]).encode())

    def _set_up(self, track: int, headers: dict[str, str]) -> bool:
        """Agree to a transport or refuse it; return whether the connection goes on."""
        asked = headers["transport"]
        transport = _transport_of(asked)
        if transport not in self._server.odd.transports:
            if self._server.odd.refusal is not None:
                self._reply(headers, self._server.odd.refusal)
            return self._server.odd.refusal is not None
        if not self._server.admits(self):
            self._reply(headers, "453 Not Enough Bandwidth")
            return True
        if transport == "tcp":
            first, last = _ports(asked, "interleaved")
            self._channels[track] = _Channel(number=first)
            answer = f"RTP/AVP/TCP;unicast;interleaved={first}-{last}"
        else:
            first, last = _ports(asked, "client_port")
            host = self._server.odd.host
            sender = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
            sender.bind((host, 0))
            self._channels[track] = _Channel(udp=(sender, (host, first)))
            port = sender.getsockname()[1]
            answer = f"RTP/AVP;unicast;client_port={first}-{last};server_port={port}-{port + 1}"
        self._reply(headers, lines=["Session: 1234;timeout=60", f"Transport: {answer}"])
        return True

    def _play(self) -> None:
        self._server.plays += 1
        for number, track in enumerate(self._server.tracks):
            channel = self._channels.get(number)
            if channel is None:
                continue
            if track is None:
                self._server.start_thread(lambda channel=channel: self._play_video(channel))  # type: ignore[misc]
            else:
                self._server.start_thread(
                    lambda track=track, channel=channel: self._play_beside(track, channel)  # type: ignore[misc]
                )

    def _play_beside(self, track: SideTrack, channel: _Channel) -> None:
        number = 0
        while self._server.wait(track.every_s):
            self._send_rtp(channel, track.payload_type, number * track.ticks, [track.payload])
            number += 1

    def _play_video(self, channel: _Channel) -> None:
        odd, encoding, began, reported = self._server.odd, self._server.clip.encoding, time.monotonic(), -1.0
        clip = self._server.clip
        frames = _looped(clip, odd.first_frame) if odd.frames is None else odd.frames(clip)
        for number, (at, frame) in enumerate(frames):
            if not self._server.wait(began + at / odd.pace - time.monotonic()):
                return
            ticks = odd.first_stamp + round(odd.stamp(number, at) * VIDEO_HZ)
            if odd.reports and time.monotonic() - reported > 1:
                reported = time.monotonic()
                self._send_report(channel, ticks)
            if self._server.video_stops.is_set():
                continue
            payloads = [part for unit in odd.units(number, frame) for part in payloads_of(encoding, unit)]
            self._send_rtp(channel, odd.video_type(), ticks, payloads, is_frame=True)

    def _send_rtp(
        self, channel: _Channel, kind: int, ticks: int, payloads: list[bytes], *, is_frame: bool = False
    ) -> None:
        for number, payload in enumerate(payloads, start=1):
            marker = 0x80 if is_frame and number == len(payloads) else 0
            head = struct.pack(">BBHII", 0x80, marker | kind, channel.sequence & 0xFFFF, ticks & 0xFFFFFFFF, kind)
            channel.sequence += 1
            self._send(channel, head + payload, control=False)

    def _send_report(self, channel: _Channel, ticks: int) -> None:
        """Send an RTCP sender report (RFC 3550, 6.4.1)."""
        now = time.time() + NTP_EPOCH_S
        times = int(now), int(now % 1 * 2**32), ticks & 0xFFFFFFFF
        self._send(channel, struct.pack(">BBHIIIIII", 0x80, 200, 6, VIDEO_TYPE, *times, 0, 0), control=True)

    def _send(self, channel: _Channel, packet: bytes, *, control: bool) -> None:
        if ("tcp" if channel.udp is None else "udp") not in self._server.odd.delivers:
            return
        if channel.udp is not None:
            sender, (host, port) = channel.udp
            sender.sendto(packet, (host, port + control))
        elif channel.number is not None:
            with self._write:
                self._client.sendall(struct.pack(">cBH", b"$", channel.number + control, len(packet)) + packet)


def _challenge(server: OddRtspServer, digest: str) -> str:
    return 'Basic realm="camera"' if server.odd.basic else digest


def _transport_of(asked: str) -> str:
    return "tcp" if "TCP" in asked else "udp"


def _ports(transport: str, key: str) -> tuple[int, int]:
    first, last = re.search(rf"{key}=(\d+)-(\d+)", transport).groups()  # type: ignore[union-attr]
    return int(first), int(last)


def _requests(stream: BinaryIO) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield method, address and headers of each request; skip interleaved packets of the client."""
    while first := stream.read(1):
        if first == b"$":
            (size,) = struct.unpack(">xH", stream.read(3))
            stream.read(size)
            continue
        line = (first + stream.readline()).decode().strip()
        if not line:
            continue
        method, uri, _ = line.split(" ", 2)
        headers = {}
        while header := stream.readline().decode().strip():
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        stream.read(int(headers.get("content-length", 0)))
        yield method, uri, headers


def _looped(clip: CodedClip, first: int) -> Iterator[tuple[float, CodedFrame]]:
    """Yield the frames for ever, each with its time (s) since the first."""
    number, origin = first, clip.frames[first].at
    while True:
        rounds, index = divmod(number, len(clip.frames))
        frame = clip.frames[index]
        yield frame.at + rounds * clip.span_s - origin, frame
        number += 1


@contextmanager
def odd_camera(clip: Path, **oddities: object) -> Iterator[OddRtspServer]:
    """Run a server of the clip with these fields of `Oddities`."""
    with OddRtspServer(clip, Oddities(**oddities)) as server:  # type: ignore[arg-type]
        yield server
