"""Rendering a stretch of one camera's life to files."""

import gzip
import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from simulator.cameras.simulated_camera import Frame, SimulatedCamera
from simulator.cameras.video_encoder import FPS, Film
from simulator.ground_truth.recorder import truth_json
from simulator.render.visibility import visible_share
from simulator.world.camera_model import IMAGE_SIZE
from simulator.world.scenario import Script
from simulator.world.sites import Point
from simulator.world.vehicle_types import ALL_BODIES


def record(
    point: Point,
    seed: int,
    script: Script,
    *,
    seconds: float,
    video: Path,
    truth: Path | None = None,
    camera: Path | None = None,
    boxes: Path | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> None:
    """video: an MP4. truth: JSON for `simpang evaluate`. camera: the camera.json. progress: told the time.

    boxes: exact ones, gzipped, one line a frame, as `simpang replay` reads detections; in place of a confidence stands
    the share that shows.
    """
    with SimulatedCamera(point, seed, script) as simulated, Film(video, IMAGE_SIZE) as film, ExitStack() as files:
        lines = None if boxes is None else files.enter_context(gzip.open(boxes, "wt", encoding="utf-8"))
        for number in range(round(seconds * FPS)):
            frame = simulated.frame()
            film.add(frame.yuv)
            if lines is not None:
                lines.write(json.dumps({"t": round(number / float(FPS), 3), "boxes": boxes_of(frame)}) + "\n")
            progress(frame.moment.t)
        said = {"clip": video.name, "fps": float(FPS), "width": IMAGE_SIZE[0], "height": IMAGE_SIZE[1]}
        said |= truth_json(simulated.truth.truth()) | {"gates": simulated.geometry["gates"]}
    for path, content in ((truth, said), (camera, simulated.geometry)):
        if path is not None:
            path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def boxes_of(frame: Frame) -> list[list[float | str]]:
    """`[x1, y1, x2, y2, share that shows, class]` of all in the picture, clipped to it."""
    width, height = IMAGE_SIZE
    found: list[list[float | str]] = []
    shares = visible_share(frame.figures)
    for i, index in enumerate(frame.figures.chosen):
        x1, y1, x2, y2 = frame.figures.box[i].tolist()
        clipped = [max(0.0, x1), max(0.0, y1), min(float(width), x2), min(float(height), y2)]
        if clipped[2] > clipped[0] and clipped[3] > clipped[1]:
            road_user = ALL_BODIES[frame.moment.body[index]].road_user.value
            found.append([*(round(v, 2) for v in clipped), round(float(shares[i]), 3), road_user])
    return found
