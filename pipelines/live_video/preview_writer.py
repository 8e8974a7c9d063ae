"""Small pictures of a camera for its card: the newest analysed frame every few seconds, a JPEG of bounded size."""

import time
from collections.abc import Callable
from threading import Lock

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from pipelines.config.settings import PublicPictureConfig
from pipelines.live_video.hls_playlist import PREVIEW, LivePlaylist
from pipelines.live_video.storage_report import StorageReport
from pipelines.live_video.stored_picture import StoredPicture

PREVIEW_EVERY_S = 5.0
"""Shortest time (s) between two previews. [assumption: a card that is loaded every 10 s then shows at most 15 s ago]"""

MAX_SIZE = 400, 300
"""Largest width and height in pixels. [assumption: a card on a phone]"""

MAX_PREVIEW_BYTES = 22_000
"""Largest preview, which costs a card less than 20 kbit/s every 10 s, with 3 kB for headers. [target: 20 kbit/s]"""

BLUR_BLOCKS = 16
"""Blocks across a picture of which a blurred area shows the mean colours. [assumption: a house, but no window of it]"""

QUALITIES = (72, 58, 44, 30, 18, 8)
"""JPEG qualities (0..100) that are tried, until the preview is small enough. [assumption]"""


class PreviewWriter:
    """Stores previews in the folder of a playlist, which deletes them with the live video. Thread-safe.

    storage: receives failures of the disk. public: what the public may see; None for the whole picture. now: monotonic
    seconds, replaceable in tests.
    """

    def __init__(
        self,
        playlist: LivePlaylist,
        storage: StorageReport,
        public: PublicPictureConfig | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._public = public or PublicPictureConfig()
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
            self._picture.replace(encode_preview(frame, self._reformatter, self._public), at)


def encode_preview(frame: VideoFrame, reformatter: VideoReformatter, public: PublicPictureConfig) -> bytes:
    """Return the frame as a JPEG within `MAX_SIZE` and, by its quality, `MAX_PREVIEW_BYTES`."""
    scale = min(1.0, MAX_SIZE[0] / frame.width, min(MAX_SIZE[1], public.max_height) / frame.height)
    width, height = (max(2, round(side * scale / 2) * 2) for side in (frame.width, frame.height))
    small = reformatter.reformat(frame, width, height, format="bgr24", interpolation="AREA", threads=1).to_ndarray()
    if public.blurred_areas:
        small = blurred(np.asarray(small, np.uint8), public.blurred_areas)
    for quality in QUALITIES:
        _, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if encoded.nbytes <= MAX_PREVIEW_BYTES:
            break
    return encoded.tobytes()


def blurred(image: NDArray[np.uint8], areas: tuple[tuple[tuple[float, float], ...], ...]) -> NDArray[np.uint8]:
    """Return the image, (H, W, 3), with mean colours of blocks in place of the areas, in shares of width and height."""
    height, width = image.shape[:2]
    rows = max(1, round(BLUR_BLOCKS * height / width))
    means = cv2.resize(image, (BLUR_BLOCKS, rows), interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(means, (width, height), interpolation=cv2.INTER_LINEAR)
    mask = np.zeros((height, width), np.uint8)
    for area in areas:
        cv2.fillPoly(mask, [np.rint(np.array(area) * (width - 1, height - 1)).astype(np.int32)], 1)
    return np.where(mask[..., None] > 0, coarse, image).astype(np.uint8)
