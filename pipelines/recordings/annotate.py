"""Annotated video of a count: boxes, paths, and gates with their totals."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
import supervision as sv
from numpy.typing import NDArray

from analytics.camera import Camera
from analytics.detections import Tracks
from analytics.facts import Crossing, Fact, Incident
from analytics.road_users import ROAD_USERS
from pipelines.errors import UserError
from pipelines.ingest.frame_buffer import TimedFrame

TIME_BASE = Fraction(1, 90_000)
"""Unit (s) of the times in the written video [source: the clock of MPEG systems, 90 kHz]."""

TRACE_S = 1.0
"""Length (s) of the drawn path behind each vehicle. [assumption]"""

GATE_COLOUR = sv.Color.from_hex("#ffd400")
"""Yellow: gates and their counts. [assumption]"""

INCIDENT_COLOUR = sv.Color.from_hex("#ff2d2d")
"""Red: names of active incidents. [assumption]"""


class AnnotatedVideo:
    """Writer of H.264 video (yuv420p) with boxes, paths, gates and counts. A context manager; its end closes the file.

    frame_s: seconds between frames, for the stated rate; each frame keeps its own time.
    Raises UserError where the file cannot be written, or its name ends in no known video format.
    """

    def __init__(self, path: Path, camera: Camera, frame_s: float) -> None:
        width, height = (side - side % 2 for side in camera.image_size)
        try:
            self._container = av.open(str(path.resolve()), "w")
            self._stream = self._container.add_stream(
                "libx264", rate=Fraction(1 / frame_s).limit_denominator(1001), options={"preset": "veryfast"}
            )
        except (OSError, ValueError, av.error.FFmpegError) as error:
            raise UserError(f"{path}: cannot be written as video; give a path that ends in .mp4") from error
        self._stream.width, self._stream.height = width, height
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = TIME_BASE
        self._camera = camera
        self._drawing = _Drawing(camera, trace_frames=max(2, round(TRACE_S / frame_s)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def write(self, frame: TimedFrame, tracks: Tracks, facts: Sequence[Fact]) -> None:
        """Draw one frame and append it; a `pipelines.recordings.count_video.FrameCallback`."""
        width, height = self._camera.image_size  # a withheld frame may have another
        image = np.asarray(frame.video_frame.to_ndarray(format="bgr24", width=width, height=height), dtype=np.uint8)
        scene = self._drawing.draw(image, tracks, facts)
        drawn = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(scene[: self._stream.height, : self._stream.width]), format="bgr24"
        )
        drawn.pts, drawn.time_base = round(frame.at / TIME_BASE), TIME_BASE
        self._container.mux(self._stream.encode(drawn.reformat(format="yuv420p")))


class _Drawing:
    """Drawing on BGR images, with the counts and active incidents so far."""

    def __init__(self, camera: Camera, *, trace_frames: int) -> None:
        self._camera = camera
        self._totals: Counter[tuple[str, str]] = Counter()
        self._incidents: dict[int, Incident] = {}
        thickness = max(1, round(max(camera.image_size) / 640))
        self._scale = max(camera.image_size) / 1600
        self._boxes = sv.BoxAnnotator(thickness=thickness)
        self._labels = sv.LabelAnnotator(text_scale=self._scale, text_padding=2)
        self._traces = sv.TraceAnnotator(
            thickness=thickness, trace_length=trace_frames, position=sv.Position.BOTTOM_CENTER
        )
        self._thickness = thickness

    def draw(self, scene: NDArray[np.uint8], tracks: Tracks, facts: Sequence[Fact]) -> NDArray[np.uint8]:
        self._update(facts)
        detections = sv.Detections(
            xyxy=tracks.xyxy, confidence=tracks.confidence, class_id=tracks.class_id, tracker_id=tracks.track_id
        )
        names = [
            f"{ROAD_USERS[class_id].value} {track}"
            for class_id, track in zip(tracks.class_id.tolist(), tracks.track_id.tolist(), strict=True)
        ]
        if names:
            scene = self._traces.annotate(scene, detections)
            scene = self._boxes.annotate(scene, detections)
            scene = self._labels.annotate(scene, detections, labels=names)
        self._draw_gates(scene)
        self._draw_incidents(scene)
        return scene

    def _update(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if isinstance(fact, Crossing):
                self._totals[fact.gate, fact.direction.value] += 1
            elif isinstance(fact, Incident) and fact.end_s is None:
                self._incidents[fact.number] = fact
            elif isinstance(fact, Incident):
                self._incidents.pop(fact.number, None)

    def _draw_gates(self, scene: NDArray[np.uint8]) -> None:
        for gate in self._camera.gates:
            start, end = sv.Point(*gate.p1), sv.Point(*gate.p2)
            sv.draw_line(scene, start, end, color=GATE_COLOUR, thickness=2 * self._thickness)
            text = f"{gate.id}  A {self._totals[gate.id, 'A']}  B {self._totals[gate.id, 'B']}"
            middle = sv.Point((start.x + end.x) / 2, (start.y + end.y) / 2)
            sv.draw_text(scene, text, middle, text_scale=self._scale, background_color=GATE_COLOUR)

    def _draw_incidents(self, scene: NDArray[np.uint8]) -> None:
        for incident in self._incidents.values():
            text = incident.type.value.replace("_", " ")
            sv.draw_text(
                scene,
                text,
                sv.Point(*incident.pixel),
                text_scale=self._scale,
                text_color=sv.Color.WHITE,
                background_color=INCIDENT_COLOUR,
            )
