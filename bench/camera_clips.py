"""Clips as a street camera would send them: small, few frames a second, no reordering, a keyframe every two seconds."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av

KEYFRAME_EVERY_S = 2
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
