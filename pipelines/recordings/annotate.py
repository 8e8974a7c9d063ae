"""A video that shows what was counted: boxes, paths and gates with their totals."""

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

_TIME_BASE = Fraction(1, 90_000)
_TRACE_S = 1.0
_GATE_COLOUR = sv.Color.from_hex("#ffd400")
_INCIDENT_COLOUR = sv.Color.from_hex("#ff2d2d")


class AnnotatedVideo:
    """Writes H.264 (yuv420p) as frames are shown to it. A context manager; the file is whole after it.

    frame_s: seconds between frames, for the announced rate; each frame keeps its own time.
    Raises UserError where the file cannot be written, or its name ends in no known video format.
    """

    def __init__(self, path: Path, camera: Camera, frame_s: float) -> None:
        width, height = (side - side % 2 for side in camera.image_size)
        try:
            self._container = av.open(str(path), "w")
            self._stream = self._container.add_stream(
                "libx264", rate=Fraction(1 / frame_s).limit_denominator(1001), options={"preset": "veryfast"}
            )
        except (OSError, ValueError, av.error.FFmpegError) as error:
            raise UserError(f"{path}: cannot be written as video; give a path that ends in .mp4") from error
        self._stream.width, self._stream.height = width, height
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = _TIME_BASE
        self._camera = camera
        self._drawing = _Drawing(camera, trace_frames=max(2, round(_TRACE_S / frame_s)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def show(self, t: float, frame: av.VideoFrame, tracks: Tracks, facts: Sequence[Fact]) -> None:
        """Add one analysed frame; the arguments are those of `pipelines.recordings.count_video.Watcher`."""
        scene = self._drawing.draw(np.asarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8), tracks, facts)
        drawn = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(scene[: self._stream.height, : self._stream.width]), format="bgr24"
        )
        drawn.pts, drawn.time_base = round(t / _TIME_BASE), _TIME_BASE
        self._container.mux(self._stream.encode(drawn.reformat(format="yuv420p")))


class _Drawing:
    """Draws on BGR frames, and remembers what the totals are."""

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
        self._remember(facts)
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

    def _remember(self, facts: Sequence[Fact]) -> None:
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
            sv.draw_line(scene, start, end, color=_GATE_COLOUR, thickness=2 * self._thickness)
            text = f"{gate.id}  A {self._totals[gate.id, 'A']}  B {self._totals[gate.id, 'B']}"
            middle = sv.Point((start.x + end.x) / 2, (start.y + end.y) / 2)
            sv.draw_text(scene, text, middle, text_scale=self._scale, background_color=_GATE_COLOUR)

    def _draw_incidents(self, scene: NDArray[np.uint8]) -> None:
        for incident in self._incidents.values():
            text = incident.type.value.replace("_", " ")
            sv.draw_text(
                scene,
                text,
                sv.Point(*incident.pixel),
                text_scale=self._scale,
                text_color=sv.Color.WHITE,
                background_color=_INCIDENT_COLOUR,
            )
