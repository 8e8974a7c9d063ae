"""Clips as street cameras would send them: small, few frames a second, no reordering, a keyframe every two seconds."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.filter import Graph
from av.video.stream import VideoStream

from pipelines.atomic_file import replacing
from pipelines.config.geometry_file import CameraGeometry, GateEntry
from pipelines.errors import UserError
from pipelines.recordings.evaluate.ground_truth_io import read_ground_truth

SIZE = (640, 360)
"""(width, height) of a usual sub-stream."""
FPS = Fraction(25, 2)
KEYFRAME_EVERY_S = 2
ENCODING: dict[str, object] = {"preset": "veryfast", "crf": "26", "profile": "main", "bf": "0"}
VIDEO_SUFFIXES = (".mp4", ".mkv")

ACROSS = GateEntry(id="middle", p1=(0.0, SIZE[1] / 2), p2=(float(SIZE[0]), SIZE[1] / 2))
"""What is counted at where nobody has checked a gate."""

Window: TypeAlias = tuple[int, int, int, int]
"""(left, top, width, height) of a part of a clip's picture, in its pixels."""


@dataclass(frozen=True, slots=True)
class PreparedClip:
    """path: the clip at `SIZE` and `FPS`. pictures: how many are in it. geometry: the gates drawn on it."""

    name: str
    path: Path
    pictures: int
    geometry: CameraGeometry


def prepare_clips(folder: Path, cache: Path) -> list[PreparedClip]:
    """Every video of `folder`, by name, encoded into `cache` unless it is there already.

    Raises UserError where there is none, or one cannot be read.
    """
    clips = sorted(path for path in folder.glob("*") if path.suffix.lower() in VIDEO_SUFFIXES)
    if not clips:
        raise UserError(f"{folder}: no .mp4 or .mkv in this folder; give one with traffic video: --clips DIR")
    prepared = []
    for clip in clips:
        size = _size(clip)
        drawn = checked_gates(clip, size)
        window = window_for(size, drawn)
        path = as_camera(clip, cache / _name(clip, window), window=window, size=SIZE, fps=FPS)
        with av.open(str(path)) as container:
            pictures = container.streams.video[0].frames
        geometry = CameraGeometry(name=clip.stem, image_size=SIZE, gates=seen_in(window, drawn) or (ACROSS,))
        prepared.append(PreparedClip(clip.stem, path, pictures, geometry))
    return prepared


def _size(clip: Path) -> tuple[int, int]:
    with _readable(clip), av.open(str(clip)) as container:
        picture = container.streams.video[0]
        return picture.width, picture.height


@contextmanager
def _readable(clip: Path) -> Iterator[None]:
    try:
        yield
    except (FFmpegError, ValueError, IndexError) as error:
        raise UserError(f"{clip}: cannot be read as video ({error}); take it out of the folder") from error


def _name(clip: Path, window: Window) -> str:
    """Another clip of the same name, or another window of it, is another file."""
    about = clip.stat()
    cut = "-".join(str(side) for side in window)
    return f"{clip.stem}-{about.st_size}-{int(about.st_mtime)}-{cut}-{SIZE[0]}x{SIZE[1]}-{float(FPS):g}.mp4"


def checked_gates(clip: Path, size: tuple[int, int]) -> tuple[GateEntry, ...]:
    """The hand-checked gates of ../truth/clips beside the clip, in its pixels; none where there are none.

    size: (width, height) of the clip.
    """
    truth_path = clip.parent.parent / "truth" / "clips" / f"{clip.stem}.json"
    if not truth_path.is_file():
        return ()
    truth = read_ground_truth(truth_path)
    if not (truth.width and truth.height):
        return ()
    return tuple(scaled_gate(gate, (truth.width, truth.height), size) for gate in truth.gates)


def window_for(size: tuple[int, int], gates: Sequence[GateEntry]) -> Window:
    """The largest part of a picture of `size` (width, height) that has the shape of `SIZE`, around most gates.

    A camera does not squeeze its picture, and cars that are squeezed are not detected as cars are.

    >>> window_for((800, 600), [GateEntry(id="far", p1=(100, 20), p2=(700, 20))])
    (0, 20, 800, 450)
    >>> window_for((800, 600), [])
    (0, 74, 800, 450)
    """
    width, height = size
    per_pixel = min(width / SIZE[0], height / SIZE[1])
    wide, tall = (_even(per_pixel * side) for side in SIZE)
    middle = (width - wide) / 2, (height - tall) / 2
    ends = [point for gate in gates for point in (gate.p1, gate.p2)]
    places = [middle, *((u, v) for u, v in ends), *((u - wide, v - tall) for u, v in ends)]
    windows = [
        (_even(min(max(0, left), width - wide)), _even(min(max(0, top), height - tall)), wide, tall)
        for left, top in places
    ]

    def worth(window: Window) -> tuple[int, float]:
        return len(seen_in(window, gates)), -abs(window[0] - middle[0]) - abs(window[1] - middle[1])

    return max(windows, key=worth)


def _even(length: float) -> int:
    """Colours come for two pixels at once."""
    return int(length) // 2 * 2


def seen_in(window: Window, gates: Sequence[GateEntry]) -> tuple[GateEntry, ...]:
    """The gates that lie in the window, in pixels of `SIZE`."""
    left, top, width, height = window
    seen = []
    for gate in gates:
        p1, p2 = ((u - left, v - top) for u, v in (gate.p1, gate.p2))
        if all(0 <= u <= width and 0 <= v <= height for u, v in (p1, p2)):
            seen.append(scaled_gate(GateEntry(id=gate.id, p1=p1, p2=p2), (width, height), SIZE))
    return tuple(seen)


def scaled_gate(gate: GateEntry, drawn_on: tuple[int, int], size: tuple[int, int]) -> GateEntry:
    """drawn_on, size: (width, height)."""
    scale_u, scale_v = size[0] / drawn_on[0], size[1] / drawn_on[1]
    p1, p2 = ((u * scale_u, v * scale_v) for u, v in (gate.p1, gate.p2))
    return GateEntry(id=gate.id, p1=p1, p2=p2)


def as_camera(clip: Path, target: Path, *, window: Window, size: tuple[int, int], fps: Fraction) -> Path:
    """Encode that `window` of `clip` at `size` (width, height) and `fps` into `target`, unless that is there already.

    At each moment the newest picture of the clip: a slower one repeats its pictures, as a recoded stream does.
    Raises UserError for a clip that cannot be read.
    """
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        _readable(clip),
        replacing(target, durable=False, suffix=".mp4") as draft,
        av.open(str(clip)) as source,
        av.open(str(draft), "w") as output,
    ):
        stream = output.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.gop_size = round(KEYFRAME_EVERY_S * fps)
        stream.options = ENCODING
        cut = _cutter(source.streams.video[0], window, size)
        for number, picture in enumerate(_at_rate(source, fps)):
            small = cut(picture)
            small.pts, small.time_base = number, 1 / fps
            output.mux(stream.encode(small))
        output.mux(stream.encode(None))
    return target


def _cutter(video: VideoStream, window: Window, size: tuple[int, int]) -> Callable[[av.VideoFrame], av.VideoFrame]:
    left, top, width, height = window
    graph = Graph()
    graph.link_nodes(
        graph.add_buffer(template=video),
        graph.add("crop", f"{width}:{height}:{left}:{top}"),
        graph.add("scale", f"{size[0]}:{size[1]}:flags=area"),
        graph.add("format", "yuv420p"),
        graph.add("buffersink"),
    ).configure()

    def cut(picture: av.VideoFrame) -> av.VideoFrame:
        graph.vpush(picture)
        return graph.vpull()

    return cut


def _at_rate(source: InputContainer, fps: Fraction) -> Iterator[av.VideoFrame]:
    """The picture to be seen at each 1/fps, from the clip's first picture to the end of its last one."""
    number, newest, first = 0, None, 0.0
    its_rate = source.streams.video[0].average_rate or fps
    for picture in source.decode(video=0):
        if picture.time is None:
            continue
        if newest is None:
            first = picture.time
        while newest is not None and (picture.time - first) * fps > number + 1e-3:
            yield newest
            number += 1
        newest = picture
    if newest is None:
        raise ValueError("no picture in it")
    ends_s = (newest.time or first) - first + float(1 / its_rate)
    while number < ends_s * fps - 1e-3:
        yield newest
        number += 1
