"""JPEG files of an address of HTTP as one stream for FFmpeg: Motion JPEG in parts, or a snapshot that is polled.

FFmpeg's own reader of Motion JPEG refuses what many cameras send: parts without the first boundary, with other types or
with wrong lengths (docs/adr/0152-pictures-over-http.md).
"""

import time
from collections import deque
from collections.abc import Iterator

import av
import httpx
from av.error import FFmpegError

from pipelines.addresses.address import Address
from pipelines.ingest.http_auth import OfferedAuth
from pipelines.ingest.jpeg_splitter import JpegSplitter

FORMAT = "mpjpeg"
"""FFmpeg's name of the format of `HttpPictures.read`."""

POLL_S = 0.5
"""Shortest time (s) between two requests for a snapshot; cameras need 0.1 to 0.5 s for one. [assumption]"""

MAX_REST_S = 1.0
"""Longest rest (s) of a camera after a request, which is as long as its answer took. [assumption]"""

MAX_SAME_S = 3.0
"""Time (s) for which a snapshot that is the same, byte by byte, is not a new picture. [assumption]"""

CONNECT_S = 3.0
"""Longest wait (s) for one of the addresses of a host. [assumption]"""

MAX_REDIRECTS = 5
"""Most redirections of one request. [assumption]"""

PICTURE_TYPES = (
    "multipart/",
    "image/jpeg",
    "image/jpg",
    "image/pjpeg",
    "video/x-motion-jpeg",
    "video/mjpeg",
    "video/x-mjpeg",
    "video/x-jpeg",
)
"""Starts of the types of content that consists of JPEG files. [RFC 2046; measured: names in use by cameras]"""

UNSTATED_TYPES = ("", "application/octet-stream")
"""Types of content that may be anything; the first bytes decide. [source: RFC 9110]"""

_STATUS_ERRORS: dict[int, type[FFmpegError]] = {
    400: av.error.HTTPBadRequestError,
    401: av.error.HTTPUnauthorizedError,
    403: av.error.HTTPForbiddenError,
    404: av.error.HTTPNotFoundError,
}
"""Status of an answer -> the error that FFmpeg has for it."""


def open_pictures(url: str, timeout_s: float) -> "HttpPictures | None":
    """Return the pictures at an address of HTTP; None where it sends anything else, or is not understood.

    timeout_s: longest wait for a picture. Raises OSError and FFmpegError, as `av.open`.
    """
    try:
        pictures = HttpPictures(Address.parse(url), timeout_s)
    except (httpx.InvalidURL, httpx.ProtocolError):
        return None
    if pictures.are_pictures:
        return pictures
    pictures.close()
    return None


class HttpPictures:
    """File of JPEG files in parts with their length, as FFmpeg reads it. Not thread-safe; `close` is necessary."""

    def __init__(self, address: Address, timeout_s: float) -> None:
        self._url = httpx.URL(address.encoded).copy_with(userinfo=b"")
        self._timeout_s = timeout_s
        # Cameras have certificates of their own making, which FFmpeg does not check either. No proxy leads to them.
        self._client = httpx.Client(
            auth=OfferedAuth(address.user, address.password) if address.user else None,
            verify=False,  # noqa: S501
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            trust_env=False,
            headers={"Connection": "close", "Accept": "*/*"},
        )
        self._splitter = JpegSplitter()
        self._pictures: deque[bytes] = deque()
        self._part = b""
        self._latest, self._latest_at = b"", time.monotonic()
        try:
            self._request()
            self.are_pictures = self._sends_pictures()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most `size`; none at the end. Waits for a picture. Raises OSError."""
        if not self._part:
            picture = self._next_picture()
            if picture is None:
                return b""
            self._part = b"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture) + picture
        data, self._part = self._part[:size], self._part[size:]
        return data

    def _next_picture(self) -> bytes | None:
        """Return the next picture; None at the end of a stream in parts."""
        while not self._pictures:
            chunk = self._next_chunk()
            if chunk is not None:
                self._add(chunk)
            elif self._is_snapshot and self._pictures_of_answer:
                self._poll()
            else:
                return None
            if time.monotonic() - self._latest_at > self._timeout_s:
                raise TimeoutError
        self._latest, self._latest_at = self._pictures.popleft(), time.monotonic()
        return self._latest

    def _add(self, chunk: bytes) -> None:
        """Add the pictures that `chunk` completes, without a polled one that the camera did not renew."""
        found = self._splitter.feed(chunk)
        self._pictures_of_answer += len(found)
        is_recent = time.monotonic() - self._latest_at < MAX_SAME_S
        if not (self._is_snapshot and is_recent and found == [self._latest]):
            self._pictures += found

    def _poll(self) -> None:
        """Ask for the next snapshot, after a rest."""
        took_s = time.monotonic() - self._asked_at
        time.sleep(max(POLL_S - took_s, min(took_s, MAX_REST_S)))
        self._request()

    def _request(self) -> None:
        """Send the request, and follow redirections. Raises OSError and FFmpegError.

        Credentials go to the camera's own host only: a redirection must not send them to another one.
        """
        self._asked_at, self._pictures_of_answer = time.monotonic(), 0
        url = self._url
        try:
            for _ in range(MAX_REDIRECTS):
                auth = httpx.USE_CLIENT_DEFAULT if url.host == self._url.host else None
                answer = self._client.send(self._client.build_request("GET", url), stream=True, auth=auth)
                if answer.next_request is None:
                    break
                url = answer.next_request.url
                answer.close()
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise _as_stream_error(error) from error
        if not answer.is_success:
            answer.close()
            kind = av.error.HTTPServerError if answer.is_server_error else av.error.HTTPOtherClientError
            raise _STATUS_ERRORS.get(answer.status_code, kind)(answer.status_code, "refused")
        self._chunks = answer.iter_bytes()
        self._type: str = answer.headers.get("content-type", "").strip().lower()
        self._is_snapshot = not self._type.startswith("multipart/")

    def _sends_pictures(self) -> bool:
        """Return whether the content consists of JPEG files, by its type or else by its first bytes."""
        if self._type.partition(";")[0].strip() not in UNSTATED_TYPES:
            return self._type.startswith(PICTURE_TYPES)
        first = self._next_chunk() or b""
        self._add(first)
        return first.startswith((b"\xff\xd8\xff", b"--"))

    def _next_chunk(self) -> bytes | None:
        """Return the next bytes of the answer; None at its end. Raises OSError and FFmpegError."""
        try:
            return next(self._chunks, None)
        except httpx.RemoteProtocolError:
            return None  # the connection ended before the stated end
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _as_stream_error(error) from error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _as_stream_error(error: Exception) -> Exception:
    """Return the error that FFmpeg or the operating system has for an error of `httpx`."""
    if isinstance(error, httpx.ProtocolError | httpx.InvalidURL):
        return error
    if isinstance(error, httpx.TimeoutException):
        return TimeoutError()
    return next((cause for cause in _causes(error) if isinstance(cause, OSError)), ConnectionResetError())
