"""Frames of recordings, some seconds apart, for a training."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError

from models.detection.detector import RgbImage
from models.pictures.picture_set import UnusablePictures

EVERY_S = 2.0
"""Time between two frames of a recording, seconds: traffic has moved [assumption]."""

MAX_FRAMES = 14
"""Most frames of one recording, so that long ones do not outweigh the others [assumption]."""

VIDEO_SUFFIXES = (".avi", ".mkv", ".mov", ".mp4", ".ts")
"""File suffixes of recordings, in lower case [source: FFmpeg]."""


def find_recordings(paths: Iterable[Path]) -> list[Path]:
    """Recordings: the files themselves, and those in folders. Raises UnusablePictures where there is none."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(file for file in path.glob("*") if file.suffix.lower() in VIDEO_SUFFIXES)
        if not inside and not path.is_file():
            raise UnusablePictures(f"{path}: no recording; give a video, or a folder of videos")
        found += inside or [path]
    return found


def read_frames(recording: Path) -> Iterator[RgbImage]:
    """Frames from the first on, `EVERY_S` seconds apart, at most `MAX_FRAMES`. Raises UnusablePictures."""
    try:
        with av.open(str(recording)) as video:
            if not video.streams.video:
                raise UnusablePictures(f"{recording}: contains no video; give a video")
            video.streams.video[0].thread_type = "AUTO"
            due_s, frames = 0.0, 0
            for frame in video.decode(video=0):
                if frame.time is not None and frame.time >= due_s:
                    yield np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
                    due_s, frames = frame.time + EVERY_S, frames + 1
                    if frames == MAX_FRAMES:
                        return
    except (FFmpegError, OSError) as error:
        raise UnusablePictures(f"{recording}: cannot be read as a video ({error.strerror}); save it again") from error
