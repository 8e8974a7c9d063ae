"""HTTP servers that send JPEG files in the ways of odd cameras: parts, bare files and snapshots."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event as Flag
from threading import Thread
from urllib.request import parse_http_list, parse_keqv_list

REALM, NONCE = "Login to 1,2; camera", "5c2f1d"
"""Realm and nonce of the challenge. [test data]"""

Answer = Callable[["PictureRequest"], None]
"""Answers one request."""


class PictureRequest(BaseHTTPRequestHandler):
    """Request to a picture server."""

    server: "PictureServer"

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        with suppress(OSError):
            self.server.answer(self)

    def send_head(self, status: int, *headers: str) -> None:
        """Send the status and `headers` as they are written."""
        self.wfile.write("\r\n".join([f"HTTP/1.0 {status} x", *headers, "", ""]).encode())

    def log_message(self, *_: object) -> None:
        pass


class PictureServer(ThreadingHTTPServer):
    """Server of one address. ended: set when the server ends. requests: path of each request."""

    daemon_threads = True

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), PictureRequest)
        self.answer = answer
        self.ended = Flag()
        self.requests: list[str] = []

    def url(self, path: str = "/video.cgi?x=1", credentials: str = "") -> str:
        return f"http://{credentials}127.0.0.1:{self.server_port}{path}"


@contextmanager
def picture_server(answer: Answer) -> Iterator[PictureServer]:
    server = PictureServer(answer)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        thread.join(10)
        server.server_close()


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Motion JPEG in parts. before, after: bytes around each frame, in which {size} is its length.

    first: bytes before the first part. frames: JPEG files, sent in a loop. count: frames until the end of the answer.
    """

    frames: Sequence[bytes]
    headers: tuple[str, ...] = ("Content-Type: multipart/x-mixed-replace; boundary=picture",)
    before: str = "--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {size}\r\n\r\n"
    after: str = "\r\n"
    first: str = ""
    fps: float = 20.0
    count: int = 10**9
    extra_size: int = 0

    def __call__(self, request: PictureRequest) -> None:
        request.send_head(200, *self.headers)
        request.wfile.write(self.first.encode())
        for number in range(self.count):
            frame = self.frames[number % len(self.frames)]
            before, after = (text.format(size=len(frame) + self.extra_size) for text in (self.before, self.after))
            request.wfile.write(before.encode() + frame + after.encode())
            if request.server.ended.wait(1 / self.fps):
                return


@dataclass(kw_only=True)
class Snapshot:
    """One JPEG file per request. times: of each request (s, `time.monotonic`). takes_s: time until the answer."""

    frames: Sequence[bytes]
    content_type: str = "image/jpeg"
    takes_s: float = 0.0
    times: list[float] = field(default_factory=list)

    def __call__(self, request: PictureRequest) -> None:
        self.times.append(time.monotonic())
        frame = self.frames[(len(self.times) - 1) % len(self.frames)]
        request.server.ended.wait(self.takes_s)
        request.send_head(200, f"Content-Type: {self.content_type}", f"Content-Length: {len(frame)}")
        request.wfile.write(frame)


def behind_digest(answer: Answer, algorithm: str, user: str, password: str, refused: list[str]) -> Answer:
    """Return an answer that asks for user and password by Digest. refused: receives each refused sign-in."""

    def digest(text: str) -> str:
        return hashlib.new(algorithm.replace("-", "").lower(), text.encode()).hexdigest()

    def answer_if_allowed(request: PictureRequest) -> None:
        given = parse_keqv_list(parse_http_list(request.headers.get("Authorization", "").partition(" ")[2]))
        secret, asked = digest(f"{user}:{REALM}:{password}"), digest(f"GET:{given.get('uri')}")
        counted = ":".join(given.get(key, "") for key in ("nonce", "nc", "cnonce", "qop"))
        if given.get("response") == digest(f"{secret}:{counted}:{asked}"):
            answer(request)
            return
        refused.extend(["refused"] if given else [])
        offer = f'Digest realm="{REALM}", qop="auth", nonce="{NONCE}", algorithm={algorithm}'
        request.send_head(401, f"www-authenticate: {offer}", "Content-Length: 0")

    return answer_if_allowed
