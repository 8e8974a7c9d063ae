"""Clips as street cameras would send them: small, few frames a second, no reordering, a keyframe every two seconds."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError

from pipelines.camera_file import GateEntry, Geometry
from pipelines.errors import BadInput
from pipelines.truth_file import read_truth

SIZE = (640, 360)
"""(width, height) of a usual sub-stream."""
FPS = Fraction(25, 2)
KEYFRAME_EVERY_S = 2
ENCODING: dict[str, object] = {"preset": "veryfast", "crf": "26", "profile": "main", "bf": "0"}
VIDEO_SUFFIXES = (".mp4", ".mkv")


@dataclass(frozen=True, slots=True)
class PreparedClip:
    """path: the clip at `SIZE` and `FPS`. pictures: how many are in it. geometry: the gates drawn on it."""

    name: str
    path: Path
    pictures: int
    geometry: Geometry


def prepare_clips(folder: Path, cache: Path) -> list[PreparedClip]:
    """Every video of `folder`, by name, encoded into `cache` unless it is there already.

    Raises BadInput where there is none, or one cannot be read.
    """
    clips = sorted(path for path in folder.glob("*") if path.suffix.lower() in VIDEO_SUFFIXES)
    if not clips:
        raise BadInput(f"{folder}: no .mp4 or .mkv in this folder; give one with traffic video: --clips DIR")
    prepared = []
    for clip in clips:
        path = as_camera(clip, cache / _name(clip), size=SIZE, fps=FPS)
        with av.open(str(path)) as container:
            pictures = container.streams.video[0].frames
        prepared.append(PreparedClip(clip.stem, path, pictures, gates_for(clip)))
    return prepared


def _name(clip: Path) -> str:
    """Another clip of the same name is another file."""
    about = clip.stat()
    return f"{clip.stem}-{about.st_size}-{int(about.st_mtime)}-{SIZE[0]}x{SIZE[1]}-{float(FPS):g}.mp4"


def gates_for(clip: Path) -> Geometry:
    """The hand-checked gates of ../truth/clips beside the clip, scaled to `SIZE`; else one across the middle."""
    truth_path = clip.parent.parent / "truth" / "clips" / f"{clip.stem}.json"
    if truth_path.is_file():
        truth = read_truth(truth_path)
        if truth.gates and truth.width and truth.height:
            gates = tuple(scaled_gate(gate, (truth.width, truth.height), SIZE) for gate in truth.gates)
            return Geometry(name=clip.stem, image_size=SIZE, gates=gates)
    width, height = SIZE
    across = GateEntry(id="middle", p1=(0.0, height / 2), p2=(float(width), height / 2))
    return Geometry(name=clip.stem, image_size=SIZE, gates=(across,))


def scaled_gate(gate: GateEntry, drawn_on: tuple[int, int], size: tuple[int, int]) -> GateEntry:
    """drawn_on, size: (width, height)."""
    scale_u, scale_v = size[0] / drawn_on[0], size[1] / drawn_on[1]
    p1, p2 = ((u * scale_u, v * scale_v) for u, v in (gate.p1, gate.p2))
    return GateEntry(id=gate.id, p1=p1, p2=p2)


def as_camera(clip: Path, target: Path, *, size: tuple[int, int], fps: Fraction) -> Path:
    """Encode `clip` at `size` (width, height) and `fps` into `target`, unless that is there already.

    At each moment the newest picture of the clip: a slower one repeats its pictures, as a recoded stream does.
    Raises BadInput for a clip that cannot be read.
    """
    if target.exists():
        return target
    draft = target.with_suffix(".part.mp4")
    draft.parent.mkdir(parents=True, exist_ok=True)
    try:
        with av.open(str(draft), "w") as output:
            stream = output.add_stream("libx264", rate=fps)
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            stream.gop_size = round(KEYFRAME_EVERY_S * fps)
            stream.options = ENCODING
            for number, picture in enumerate(_at_rate(clip, fps)):
                small = picture.reformat(*size, format="yuv420p", interpolation="AREA")
                small.pts, small.time_base = number, 1 / fps
                output.mux(stream.encode(small))
            output.mux(stream.encode(None))
    except (FFmpegError, ValueError) as error:
        draft.unlink(missing_ok=True)
        raise BadInput(f"{clip}: cannot be read as video ({error}); take it out of the folder") from error
    return draft.replace(target)


def _at_rate(clip: Path, fps: Fraction) -> Iterator[av.VideoFrame]:
    """The picture to be seen at each 1/fps, from the clip's first picture to the end of its last one."""
    number, newest, first = 0, None, 0.0
    with av.open(str(clip)) as source:
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
