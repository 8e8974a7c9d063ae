"""Encode clips as street cameras send them: small, at a low frame rate, without B-frames."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
from av.filter import Graph
from av.video.frame import VideoFrame

from pipelines.atomic_file import replacing
from pipelines.config.geometry_file import CameraGeometry, GateEntry
from pipelines.errors import UserError
from pipelines.recordings.evaluate.ground_truth_io import read_ground_truth
from pipelines.recordings.video_reader import VideoReader

SIZE = (640, 360)
"""(width, height) in pixels of a usual sub-stream [assumption]."""

FPS = Fraction(25, 2)
"""Frames a second of a usual sub-stream [assumption]."""

KEYFRAME_EVERY_S = 2
"""Interval (s) of keyframes of a usual camera [assumption]."""

ENCODING: dict[str, object] = {"preset": "veryfast", "crf": "26", "profile": "main", "bf": "0"}
"""Options of libx264 for a stream like a camera's: no B-frames, middling quality [assumption]."""

VIDEO_SUFFIXES = (".mp4", ".mkv")
"""Suffixes of the files that count as clips."""

MIDDLE_GATE = GateEntry(id="middle", p1=(0.0, SIZE[1] / 2), p2=(float(SIZE[0]), SIZE[1] / 2))
"""Gate across the frame, for a clip without hand-checked gates. Pixels of `SIZE`."""

_Cutter: TypeAlias = Callable[[VideoFrame], VideoFrame]
"""Cuts the window out of a frame, and scales it."""

Window: TypeAlias = tuple[int, int, int, int]
"""(left, top, width, height) of a part of a clip's frame, in its pixels."""


@dataclass(frozen=True, slots=True)
class PreparedClip:
    """A clip that was encoded at `SIZE` and `FPS`. frames: its number of frames. geometry: the gates in its pixels."""

    name: str
    path: Path
    frames: int
    geometry: CameraGeometry


def videos_in(folder: Path) -> list[Path]:
    """Return the videos of a folder, by name. Raises UserError for a folder without."""
    videos = sorted(path for path in folder.glob("*") if path.suffix.lower() in VIDEO_SUFFIXES)
    if not videos:
        raise UserError(f"{folder}: no .mp4 or .mkv in this folder; give one with traffic video: --clips DIR")
    return videos


def prepare_clips(folder: Path, cache: Path) -> list[PreparedClip]:
    """Encode every video of `folder`, by name, into `cache`, unless it is there already.

    Raises UserError for a folder without video, or a video that cannot be read.
    """
    prepared = []
    for clip in videos_in(folder):
        size = _size(clip)
        drawn = checked_gates(clip, size)
        window = window_for(size, drawn)
        path = encode_as_camera(clip, cache / _name(clip, window), window=window, size=SIZE, fps=FPS)
        with av.open(str(path)) as container:
            frames = container.streams.video[0].frames
        geometry = CameraGeometry(name=clip.stem, image_size=SIZE, gates=gates_within(window, drawn) or (MIDDLE_GATE,))
        prepared.append(PreparedClip(clip.stem, path, frames, geometry))
    return prepared


def _size(clip: Path) -> tuple[int, int]:
    try:
        with VideoReader(str(clip)) as source:
            return source.image_size
    except UserError as error:
        raise UserError(f"{error}, or remove it from the folder") from error


def _name(clip: Path, window: Window) -> str:
    """Name of the encoded file; another clip of the same name, or another window, gives another name."""
    about = clip.stat()
    cut = "-".join(str(side) for side in window)
    return f"{clip.stem}-{about.st_size}-{int(about.st_mtime)}-{cut}-{SIZE[0]}x{SIZE[1]}-{float(FPS):g}.mp4"


def checked_gates(clip: Path, size: tuple[int, int]) -> tuple[GateEntry, ...]:
    """Return the hand-checked gates of the ground truth in ../truth/clips, in pixels of the clip.

    size: (width, height) of the clip. Empty without a ground truth.
    """
    truth_path = clip.parent.parent / "truth" / "clips" / f"{clip.stem}.json"
    if not truth_path.is_file():
        return ()
    truth = read_ground_truth(truth_path)
    if not (truth.width and truth.height):
        return ()
    return tuple(scaled_gate(gate, (truth.width, truth.height), size) for gate in truth.gates)


def window_for(size: tuple[int, int], gates: Sequence[GateEntry]) -> Window:
    """Return the largest window with the aspect ratio of `SIZE` that contains the most gates.

    size: (width, height) of the clip. Scaling to another aspect ratio would distort vehicles, which harms detection.

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
        return len(gates_within(window, gates)), -abs(window[0] - middle[0]) - abs(window[1] - middle[1])

    return max(windows, key=worth)


def _even(length: float) -> int:
    """Round down to an even number: chroma has one value for two pixels."""
    return int(length) // 2 * 2


def gates_within(window: Window, gates: Sequence[GateEntry]) -> tuple[GateEntry, ...]:
    """Return the gates inside the window, in pixels of `SIZE`."""
    left, top, width, height = window
    inside = []
    for gate in gates:
        p1, p2 = ((u - left, v - top) for u, v in (gate.p1, gate.p2))
        if all(0 <= u <= width and 0 <= v <= height for u, v in (p1, p2)):
            inside.append(scaled_gate(GateEntry(id=gate.id, p1=p1, p2=p2), (width, height), SIZE))
    return tuple(inside)


def scaled_gate(gate: GateEntry, drawn_on: tuple[int, int], size: tuple[int, int]) -> GateEntry:
    """Scale a gate from one frame size to another, each (width, height)."""
    scale_u, scale_v = size[0] / drawn_on[0], size[1] / drawn_on[1]
    p1, p2 = ((u * scale_u, v * scale_v) for u, v in (gate.p1, gate.p2))
    return GateEntry(id=gate.id, p1=p1, p2=p2)


def encode_as_camera(clip: Path, target: Path, *, window: Window, size: tuple[int, int], fps: Fraction) -> Path:
    """Encode a window of a clip at `size` (width, height) and `fps` into `target`, unless that exists.

    A clip with a lower rate repeats its frames, as a converted stream does. Raises UserError for an unreadable clip.
    """
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        VideoReader(str(clip)) as source,
        replacing(target, durable=False, suffix=".mp4") as draft,
        av.open(str(draft), "w") as output,
    ):
        stream = output.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.gop_size = round(KEYFRAME_EVERY_S * fps)
        stream.options = ENCODING
        cutters: dict[str, _Cutter] = {}
        for number, frame in enumerate(_at_rate(source, fps)):
            kind = frame.format.name
            cutters[kind] = cutters.get(kind) or _cutter(frame, window, size)
            small = cutters[kind](frame)
            small.pts, small.time_base = number, 1 / fps
            output.mux(stream.encode(small))
        output.mux(stream.encode(None))
    return target


def _cutter(like: VideoFrame, window: Window, size: tuple[int, int]) -> _Cutter:
    left, top, width, height = window
    graph = Graph()
    time_base = like.time_base or Fraction(1, 1000)
    graph.link_nodes(
        graph.add_buffer(width=like.width, height=like.height, format=like.format, time_base=time_base),
        graph.add("crop", f"{width}:{height}:{left}:{top}"),
        graph.add("scale", f"{size[0]}:{size[1]}:flags=area"),
        graph.add("format", "yuv420p"),
        graph.add("buffersink"),
    ).configure()

    def cut(frame: VideoFrame) -> VideoFrame:
        graph.vpush(frame)
        return graph.vpull()

    return cut


def _at_rate(source: VideoReader, fps: Fraction) -> Iterator[VideoFrame]:
    """Yield the frame that is visible at each multiple of 1/fps, from the first frame to the end of the last."""
    number, newest, ends_s = 0, None, 0.0
    for frame in source.frames():
        if frame.image_size != source.image_size:
            continue
        while newest is not None and frame.at * fps > number + 1e-3:
            yield newest
            number += 1
        newest, ends_s = frame.video_frame, frame.at + source.frame_s
    while newest is not None and number < ends_s * fps - 1e-3:
        yield newest
        number += 1
