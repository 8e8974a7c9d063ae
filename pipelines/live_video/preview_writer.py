"""Small pictures of a camera for its card: the newest analysed frame every few seconds, a JPEG of bounded size."""

import time
from collections.abc import Callable
from threading import Lock

import cv2
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from pipelines.live_video.hls_playlist import PREVIEW, LivePlaylist
from pipelines.live_video.storage_report import StorageReport
from pipelines.live_video.stored_picture import StoredPicture

PREVIEW_EVERY_S = 5.0
"""Shortest time (s) between two previews. [assumption: a card that is loaded every 10 s then shows at most 15 s ago]"""

MAX_SIZE = 400, 300
"""Largest width and height in pixels. [assumption: a card on a phone]"""

MAX_PREVIEW_BYTES = 22_000
"""Largest preview, which costs a card less than 20 kbit/s every 10 s, with 3 kB for headers. [target: 20 kbit/s]"""

QUALITIES = (72, 58, 44, 30, 18, 8)
"""JPEG qualities (0..100) that are tried, until the preview is small enough. [assumption]"""


class PreviewWriter:
    """Stores previews in the folder of a playlist, which deletes them with the live video. Thread-safe.

    storage: receives failures of the disk. now: monotonic seconds, replaceable in tests.
    """

    def __init__(
        self, playlist: LivePlaylist, storage: StorageReport, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._picture = StoredPicture(playlist.folder / PREVIEW, storage)
        self._now = now
        self._reformatter = VideoReformatter()
        self._lock = Lock()
        self._due_at = 0.0

    def put(self, frame: VideoFrame, at: float) -> None:
        """Store a preview of the frame if one is due. An error of the disk is reported, and ends nothing.

        at: when the frame was captured (Unix seconds), the time of the file.
        """
        with self._lock:  # two streams of a camera are decoded by two threads
            if self._now() < self._due_at:
                return
            self._due_at = self._now() + PREVIEW_EVERY_S
            self._picture.replace(encode_preview(frame, self._reformatter), at)


def encode_preview(frame: VideoFrame, reformatter: VideoReformatter) -> bytes:
    """Return the frame as a JPEG within `MAX_SIZE` and, by its quality, `MAX_PREVIEW_BYTES`."""
    scale = min(1.0, MAX_SIZE[0] / frame.width, MAX_SIZE[1] / frame.height)
    width, height = (max(2, round(side * scale / 2) * 2) for side in (frame.width, frame.height))
    small = reformatter.reformat(frame, width, height, format="bgr24", interpolation="AREA", threads=1).to_ndarray()
    for quality in QUALITIES:
        _, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if encoded.nbytes <= MAX_PREVIEW_BYTES:
            break
    return encoded.tobytes()
