"""Clips as street cameras would send them: small, few frames a second, no reordering, a keyframe every two seconds."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path

import av

from pipelines.demo.serve import rtsp_server

KEYFRAME_EVERY_S = 2
STREAMS_PER_SERVER = min(32, (os.cpu_count() or 1) + 4)
"""The server has a thread for each stream, from asyncio's pool, which has so many; the next stream waits for ever."""
ENCODING = {"preset": "veryfast", "crf": "26", "profile": "main", "bf": "0"}


def as_camera(clip: Path, target: Path, *, size: tuple[int, int], fps: Fraction, turned_by: float = 0.0) -> Path:
    """Encode `clip` at `size` (width, height) and `fps` into `target`, unless that is there already.

    turned_by: share of the clip (0..1) that is moved from its beginning to its end, so that cameras that play the
    same clip in a loop do not show the same moment.
    """
    if target.exists():
        return target
    pictures = list(_pictures(clip, size, fps))
    first = round(turned_by * len(pictures))
    draft = target.with_suffix(".part.mp4")
    draft.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(draft), "w") as output:
        stream = output.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.gop_size = round(KEYFRAME_EVERY_S * fps)
        stream.options = ENCODING
        for number, picture in enumerate(pictures[first:] + pictures[:first]):
            picture.pts, picture.time_base = number, 1 / fps
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    return draft.replace(target)


def _pictures(clip: Path, size: tuple[int, int], fps: Fraction) -> Iterator[av.VideoFrame]:
    """The pictures of the clip, at the rate asked for at most."""
    wanted = 0
    with av.open(str(clip)) as source:
        for picture in source.decode(video=0):
            if picture.time is not None and picture.time * fps >= wanted - 1e-3:
                wanted += 1
                yield picture.reformat(*size, format="yuv420p", interpolation="AREA")


@contextmanager
def cameras_over_rtsp(folder: Path, count: int, logs: Path) -> Iterator[list[str]]:
    """Addresses of that many cameras, which play the clips of `folder` in turn and for ever."""
    clips = sorted(clip.name for clip in folder.glob("*.mp4"))
    with ExitStack() as stack:
        servers = range(-(-count // STREAMS_PER_SERVER))
        ports = [stack.enter_context(rtsp_server(folder, logs / f"rtsp-{server}.log")) for server in servers]
        yield [
            f"rtsp://127.0.0.1:{ports[number // STREAMS_PER_SERVER]}/{clips[number % len(clips)]}?play_count=0"
            for number in range(count)
        ]
