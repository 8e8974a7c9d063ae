"""Frames of recordings, some seconds apart, for a training."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError

from models.detection.detector import RgbImage
from models.pictures.picture_set import UnusablePictures

EVERY_S = 0.4
"""Least time between two frames of a recording, seconds [assumption]."""

MAX_FRAMES = 60
"""Most frames of one recording, so that long ones do not outweigh the others [assumption]."""

ROUNDING_S = 1e-6
"""Tolerance of sums of times, seconds [assumption]."""

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
    """Up to `MAX_FRAMES` frames of the whole recording, at least `EVERY_S` seconds apart. Raises UnusablePictures."""
    try:
        with av.open(str(recording)) as video:
            if not video.streams.video:
                raise UnusablePictures(f"{recording}: contains no video; give a video")
            video.streams.video[0].thread_type = "AUTO"
            every_s = max(EVERY_S, (video.duration or 0) / av.time_base / MAX_FRAMES)
            due_s, frames = 0.0, 0
            for frame in video.decode(video=0):
                if frame.time is not None and frame.time >= due_s:
                    yield np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
                    due_s, frames = frame.time + every_s - ROUNDING_S, frames + 1
                    if frames == MAX_FRAMES:
                        return
    except (FFmpegError, OSError) as error:
        raise UnusablePictures(f"{recording}: cannot be read as a video ({error.strerror}); save it again") from error
