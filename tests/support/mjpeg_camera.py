"""A camera that sends Motion JPEG over HTTP, as `multipart/x-mixed-replace`."""

import base64
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from struct import pack
from threading import Event as Flag
from threading import Thread

import av
import cv2
import numpy as np

from tests.support.odd_pictures import Image, road
from tests.support.servers import CLIP_FPS

FRAMES = 60
"""Frames of `road_jpegs`, which a camera repeats."""


def jpeg(image: Image) -> bytes:
    """Return the RGB image as JPEG."""
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]))
    assert done
    return data.tobytes()


def with_exif(data: bytes, orientation: int) -> bytes:
    """Return the JPEG with an orientation of EXIF, 1 to 8 (TIFF 6.0, tag 274)."""
    tiff = b"II*\0" + pack("<IHHHIII", 8, 1, 274, 3, 1, orientation, 0)
    return data[:2] + b"\xff\xe1" + pack(">H", 8 + len(tiff)) + b"Exif\0\0" + tiff + data[2:]


def road_jpegs(size: tuple[int, int] = (320, 180)) -> list[bytes]:
    """Return the frames of `road` as JPEG. size: (width, height)."""
    return [jpeg(road(number, size)) for number in range(FRAMES)]


def write_jpegs(path: Path, frames: Sequence[bytes], size: tuple[int, int] = (320, 180)) -> Path:
    """Write JPEG files as a video. Unlike FFmpeg's encoder, OpenCV uses the Huffman tables that RTP assumes."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=CLIP_FPS)
        (stream.width, stream.height), stream.pix_fmt = size, "yuvj420p"
        for number, frame in enumerate(frames):
            packet = av.Packet(frame)
            packet.stream, packet.time_base = stream, Fraction(1, CLIP_FPS)
            packet.pts = packet.dts = number
            packet.is_keyframe = True
            container.mux(packet)
    return path


@contextmanager
def mjpeg_camera(
    frames: Sequence[bytes],
    *,
    fps: float,
    credentials: str = "",
    content_type: str = "multipart/x-mixed-replace; boundary=picture",
    with_length: bool = True,
    silent_after: int | None = None,
) -> Iterator[str]:
    """Serve the frames in a loop at `fps` frames a second; yield the address, with the credentials "user:password".

    with_length: state the length of each frame. silent_after: number of frames after which nothing is sent any more.
    """
    ended = Flag()
    expected = f"Basic {base64.b64encode(credentials.encode()).decode()}"

    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if credentials and self.headers.get("Authorization") != expected:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self._send_frames()

        def _send_frames(self) -> None:
            boundary = content_type.partition("boundary=")[2].strip('"').removeprefix("--")
            began, number = time.monotonic(), 0
            while not ended.wait(max(0.0, began + number / fps - time.monotonic())):
                if silent_after is not None and number >= silent_after:
                    ended.wait()
                    return
                frame = frames[number % len(frames)]
                length = f"Content-Length: {len(frame)}\r\n" if with_length else ""
                head = f"--{boundary}\r\nContent-Type: image/jpeg\r\n{length}\r\n"
                try:
                    self.wfile.write(head.encode() + frame + b"\r\n")
                except OSError:
                    return
                number += 1

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://{credentials}{'@' if credentials else ''}127.0.0.1:{server.server_port}/video.mjpg"
    finally:
        ended.set()
        server.shutdown()
        thread.join(10)
        server.server_close()
