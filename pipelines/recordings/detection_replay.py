"""Read recorded detections, and replay them through tracker and analyzer without video and model."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BufferedReader, TextIOWrapper
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

import numpy as np

from analytics.camera import Camera
from analytics.camera_analyzer import CameraAnalyzer
from analytics.detections import Detections
from analytics.facts import Fact
from analytics.road_users import ROAD_USERS
from models.text.decoding import encoding_of
from models.tracking.tracker import make_tracker
from pipelines.config.text_file import parse_json
from pipelines.errors import UserError
from pipelines.recordings.count_report import Run

CLASS_IDS = {road_user.value: k for k, road_user in enumerate(ROAD_USERS)}
"""Index in `ROAD_USERS` by name of the class."""

HEAD_BYTES = 512
"""Bytes of the start of a file from which its encoding is recognised. [assumption]"""

MAX_T_S = 1e11
"""Largest time of a frame, in seconds before or after 0: about 3000 years. [assumption: Unix times pass, and
the analysis computes with it without overflow]"""

MAX_GAP_S = 1e6
"""Longest time between two frames, in seconds: 11 days. Each minute of a gap gives an interval of each zone, so that a
wrong unit of `t` would take hours. [assumption: longer than any recording]"""


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """Detections of one frame. t: seconds from the first frame of the source."""

    t: float
    detections: Detections


def read_detections(path: Path) -> Iterator[RecordedFrame]:
    """Yield the frames of a `.jsonl.gz` one by one (format: docs/results.md).

    Raises UserError, one line that names file and line, for a line in another format.
    """
    last_t = -np.inf
    for number, line in _lines(path):
        try:
            frame = _frame(parse_json(line))
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise UserError(f"{path}: line {number}: {_problem(error)}") from error
        if frame.t <= last_t:
            raise UserError(
                f"{path}: line {number}: t {frame.t:g} does not come after {last_t:g}; sort the frames by t"
            )
        if frame.t - last_t > MAX_GAP_S and np.isfinite(last_t):
            raise UserError(
                f"{path}: line {number}: t {frame.t:g} comes {frame.t - last_t:g} s after the frame before; give t in "
                f"seconds, and split a recording at gaps above {MAX_GAP_S:g} s"
            )
        last_t = frame.t
        yield frame


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        with _opened(path) as content, TextIOWrapper(content, encoding=encoding_of(content.peek(HEAD_BYTES))) as file:
            for number, line in enumerate(file, start=1):
                if text := line.strip("\ufeff \t\r\n"):
                    yield number, text
    except (EOFError, UnicodeDecodeError, gzip.BadGzipFile, zlib.error) as error:
        if number == 0 and isinstance(error, gzip.BadGzipFile):
            raise UserError(f"{path}: not gzip; give a detections.jsonl.gz") from error
        raise UserError(f"{path}: line {number + 1}: cut off or damaged ({error}); copy the file again") from error
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}; give the path of a detections.jsonl.gz") from error


def _opened(path: Path) -> "gzip.GzipFile | BufferedReader":
    """Open recorded detections, also those that a browser unpacked. Raises OSError."""
    with path.open("rb") as file:
        is_json = file.read(HEAD_BYTES).lstrip(b"\xef\xbb\xbf\xff\xfe\r\n\t \0").startswith(b"{")
    return path.open("rb") if is_json else gzip.open(path)


def _frame(row: Any) -> RecordedFrame:
    if not isinstance(row, dict):
        raise TypeError('expected {"t": seconds, "boxes": [...]}')
    t = float(row["t"])
    boxes = row["boxes"]
    if not abs(t) <= MAX_T_S:
        raise ValueError(f"t is {t:g}; give seconds from the first frame, at most {MAX_T_S:g}")
    if not boxes:
        return RecordedFrame(t, Detections.empty())
    if any(len(box) != 6 for box in boxes):
        raise ValueError("a box is not [x1, y1, x2, y2, confidence, class]")
    numbers = np.array([box[:5] for box in boxes], dtype=np.float32)
    if not np.isfinite(numbers).all():
        raise ValueError("a box contains a number that is not finite")
    class_id = np.array([_class_id(box[5]) for box in boxes], dtype=np.int64)
    return RecordedFrame(t, Detections(numbers[:, :4], numbers[:, 4], class_id))


def _class_id(name: str) -> int:
    if name not in CLASS_IDS:
        raise ValueError(f"unknown class {name!r}; use one of {', '.join(CLASS_IDS)}")
    return CLASS_IDS[name]


def _problem(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON ({error.msg})"
    if isinstance(error, KeyError):
        return f"key {error} is missing"
    if isinstance(error, OverflowError):
        return "a number is too large; give seconds and pixels"
    return str(error)


class FactSink(Protocol):
    """Receiver of facts, in the order in which the analyzer emits them."""

    def add(self, facts: Iterable[Fact]) -> None: ...


def replay_into(
    sink: FactSink, path: Path, camera: Camera, *, every: int = 1, progress: Callable[[float], None] = lambda _: None
) -> Run:
    """Run tracker and analyzer over recorded detections, frame by frame as if live, and add the facts to the sink.

    every: use only every n-th frame, as from a slower camera. progress: called with `t` (s) of each frame.
    """
    started = perf_counter()
    tracker, analyst = make_tracker(camera), CameraAnalyzer(camera)
    frames, first_t, last_t, step_s = 0, 0.0, 0.0, 0.0
    for frame in islice(read_detections(path), 0, None, every):
        if frames == 0:
            first_t = frame.t
        else:
            step_s = frame.t - last_t
        sink.add(analyst.observe(frame.t, tracker.update(frame.t, frame.detections)))
        frames, last_t = frames + 1, frame.t
        progress(frame.t)
    sink.add(analyst.finish(last_t + step_s))
    return Run(
        source=str(path),
        duration_s=last_t - first_t + step_s,
        frames=frames,
        analysed_frames=frames,
        wall_s=perf_counter() - started,
    )
