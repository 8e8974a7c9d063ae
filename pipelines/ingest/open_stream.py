"""Open a stream with FFmpeg: schemes in upper or lower case, RTSP over TCP or UDP, JPEG files, unknown host names."""

import errno
import socket
import time
from contextlib import suppress
from enum import StrEnum
from typing import cast
from urllib.parse import urlsplit

import av
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.error import FFmpegError

from pipelines.ingest import http_pictures

RTSP_SCHEMES = ("rtsp", "rtsps")
"""Schemes of addresses that send in real time. [source: RFC 7826]"""

LIVE_SCHEMES = (*RTSP_SCHEMES, "rtmp", "rtmps", "srt", "udp", "rtp")
"""Schemes of addresses whose stream does not wait for its reader. [source: protocols of FFmpeg]"""

HTTP_SCHEMES = ("http", "https")
"""Schemes of addresses that send a file, HLS or a live stream. [source: RFC 9110]"""

_WITHOUT_RATE = {"fpsprobesize": "0"}
"""Option of FFmpeg for live streams. Otherwise it waits for 20 frames, from which it guesses a rate that is not used: a
camera of 10 frames a second was back 2 s later. [measured: 3.7 s instead of 1.7 s to open]"""

_REFUSALS = (
    av.error.HTTPBadRequestError,
    av.error.HTTPOtherClientError,
    av.error.HTTPServerError,
    av.error.InvalidDataError,
    av.error.EOFError,
    ConnectionResetError,
    BrokenPipeError,
)
"""Errors of a camera that answers, but not for this transport: a status of RTSP, or the end of the connection.
[measured: an RTSP server that refuses TCP in nine ways]"""

_REFUSAL_NUMBERS = (errno.EPROTONOSUPPORT, errno.EIO)
"""Error numbers for the same; EPROTONOSUPPORT is status 461. [source: libavformat/rtsp.c]"""


class Transport(StrEnum):
    """Protocol of the packets of an RTSP stream, as FFmpeg names it."""

    TCP = "tcp"
    UDP = "udp"


class ReadTimeout:
    """Longest time (s) of one read. PyAV takes it whenever demuxing begins, so that it may change until then."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __float__(self) -> float:
        return float(self.seconds)


Timeouts = tuple[float, float | ReadTimeout]
"""Longest times (s) of the connection, and of one read."""


class RtspTransport:
    """Transport of one address, kept over its connections: TCP first, else what delivered packets. Not thread-safe.

    current: transport of the next connection. is_udp_only: the camera refused TCP, and was not asked for it since.
    """

    def __init__(self) -> None:
        self.current = Transport.TCP
        self.is_udp_only = False
        self._is_proven = False

    def refused(self) -> None:
        """Use the other transport, since the camera refused this one."""
        self._switch()
        self.is_udp_only = self.current is Transport.UDP

    def delivered(self) -> None:
        """Keep the transport, since a packet arrived."""
        self._is_proven = True

    def nothing_arrived(self) -> None:
        """Use the other transport, unless this one delivered packets before; then from the second time on."""
        if self._is_proven:
            self._is_proven = False
        else:
            self._switch()

    def _switch(self) -> None:
        self.current = Transport.UDP if self.current is Transport.TCP else Transport.TCP
        self.is_udp_only = self._is_proven = False


def is_rtsp(url: str) -> bool:
    """Return whether the address is one of RTSP.

    >>> is_rtsp("RTSPS://10.0.0.7/live"), is_rtsp("http://10.0.0.7/rtsp")
    (True, False)
    """
    scheme, separator, _ = url.partition("://")
    return bool(separator) and scheme.lower() in RTSP_SCHEMES


def may_be_file(url: str) -> bool:
    """Return whether a file may be behind the address: one that waits for its reader.

    >>> may_be_file("rtsp://10.0.0.7/live.mp4"), may_be_file("HTTP://10.0.0.7/live"), may_be_file("/srv/a.mp4")
    (False, True, True)
    """
    return url.partition("://")[0].lower() not in LIVE_SCHEMES


def arrives_in_real_time(url: str, container: InputContainer) -> bool:
    """Return whether an open address sends frames as they are captured.

    Files arrive faster, and HLS arrives by the segment.
    """
    scheme = url.partition("://")[0].lower()
    has_end = container.duration is not None or container.size > 0
    return scheme in LIVE_SCHEMES or (scheme in HTTP_SCHEMES and not has_end and container.format.name != "hls")


def with_lower_scheme(url: str) -> str:
    """Return the address with its scheme in lower case, since FFmpeg knows no other. A path stays as it is.

    >>> with_lower_scheme("RTSP://10.0.0.7/Live"), with_lower_scheme("/srv/Clips/A.mp4")
    ('rtsp://10.0.0.7/Live', '/srv/Clips/A.mp4')
    """
    scheme, separator, rest = url.partition("://")
    return f"{scheme.lower()}{separator}{rest}" if separator else url


def open_stream(
    url: str,
    transport: RtspTransport,
    *,
    timeout_s: Timeouts,
    hardware: HWAccel | None = None,
) -> InputContainer:
    """Open a camera, file, HTTP or HLS address. A camera that refuses one transport of RTSP is asked for the other.

    transport: of the address; changed by a refusal. Raises the errors of PyAV, and socket.gaierror for an unknown host.
    `close_stream` closes the stream.
    """
    url = with_lower_scheme(url)
    if not is_rtsp(url):
        options = {} if may_be_file(url) else _WITHOUT_RATE
        return _open_pictures(url, timeout_s) or _open(url, options, timeout_s, hardware)
    began = time.monotonic()
    try:
        return _open_rtsp(url, transport.current, timeout_s, hardware)
    except (FFmpegError, OSError) as error:
        # At the time limit FFmpeg may report the end of the connection.
        if not _is_refusal(error) or time.monotonic() - began >= timeout_s[0]:
            raise
        transport.refused()
    try:
        return _open_rtsp(url, transport.current, timeout_s, hardware)
    except (FFmpegError, OSError) as error:
        if _is_refusal(error):
            transport.refused()
        raise


def close_stream(container: InputContainer) -> None:
    """Close a stream of `open_stream`, and the connection behind it."""
    source = container.file
    container.close()
    if source is not None:
        source.file.close()


def _open_pictures(url: str, timeout_s: Timeouts) -> InputContainer | None:
    """Open an address of HTTP that sends JPEG files; None for any other."""
    if url.partition("://")[0] not in HTTP_SCHEMES:
        return None
    pictures = http_pictures.open_pictures(url, float(timeout_s[1]))
    if pictures is None:
        return None
    try:
        return av.open(pictures, "r", format=http_pictures.FORMAT, timeout=cast(tuple[float, float], timeout_s))
    except BaseException:
        pictures.close()
        raise


def _open_rtsp(url: str, transport: Transport, timeout_s: Timeouts, hardware: HWAccel | None) -> InputContainer:
    return _open(url, {"rtsp_transport": transport.value, **_WITHOUT_RATE}, timeout_s, hardware)


def _open(url: str, options: dict[str, str], timeout_s: Timeouts, hardware: HWAccel | None) -> InputContainer:
    try:
        return av.open(url, "r", options=options, timeout=cast(tuple[float, float], timeout_s), hwaccel=hardware)
    except OSError as error:
        if error.errno == errno.EIO and _is_unknown_host(url):
            raise socket.gaierror(socket.EAI_NONAME, "host name unknown") from error
        raise


def _is_refusal(error: Exception) -> bool:
    if isinstance(error, socket.gaierror):
        return False
    return isinstance(error, _REFUSALS) or getattr(error, "errno", None) in _REFUSAL_NUMBERS


def _is_unknown_host(url: str) -> bool:
    """Return whether the name in the address cannot be resolved, which FFmpeg reports as an error of input."""
    host = None
    with suppress(ValueError):
        host = urlsplit(url).hostname
    if not host:
        return False
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return True
    return False
