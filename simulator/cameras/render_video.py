"""Rendering of one simulated camera to a video file, with ground truth, camera.json and boxes."""

import gzip
import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from simulator.cameras.simulated_camera import SimulatedCamera, SimulatedFrame
from simulator.cameras.video_encoder import FPS, Mp4Writer
from simulator.ground_truth.json_document import ground_truth_json
from simulator.render.visibility import visible_share
from simulator.world.camera_model import IMAGE_SIZE
from simulator.world.scenario import Scenario
from simulator.world.sites import Site
from simulator.world.vehicle_types import VEHICLE_TYPES


def render_video(
    site: Site,
    seed: int,
    scenario: Scenario,
    *,
    seconds: float,
    video: Path,
    truth: Path | None = None,
    camera: Path | None = None,
    boxes: Path | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> None:
    """Render `seconds` of a site to an MP4 and, where paths are given, to further files.

    truth: JSON for `simpang evaluate`. camera: camera.json. boxes: exact boxes, gzipped, one line per frame, in the
    format of `simpang replay`, with the visible share instead of a confidence.
    progress: receives the time of each frame, seconds.
    """
    with (
        SimulatedCamera(site, seed, scenario) as simulated,
        Mp4Writer(video, IMAGE_SIZE) as writer,
        ExitStack() as files,
    ):
        lines = None if boxes is None else files.enter_context(gzip.open(boxes, "wt", encoding="utf-8"))
        for number in range(round(seconds * FPS)):
            frame = simulated.next_frame()
            writer.add(frame.yuv)
            if lines is not None:
                lines.write(json.dumps({"t": round(number / float(FPS), 3), "boxes": frame_boxes(frame)}) + "\n")
            progress(frame.state.t)
        content = {"clip": video.name, "fps": float(FPS), "width": IMAGE_SIZE[0], "height": IMAGE_SIZE[1]}
        content |= ground_truth_json(simulated.recorder.ground_truth()) | {"gates": simulated.geometry["gates"]}
    for path, document in ((truth, content), (camera, simulated.geometry)):
        if path is not None:
            path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def frame_boxes(frame: SimulatedFrame) -> list[list[float | str]]:
    """`[x1, y1, x2, y2, visible share, class]` of each road user in the image, pixels, clipped to the image."""
    width, height = IMAGE_SIZE
    found: list[list[float | str]] = []
    shares = visible_share(frame.projected)
    for i, index in enumerate(frame.projected.chosen):
        x1, y1, x2, y2 = frame.projected.box[i].tolist()
        clipped = [max(0.0, x1), max(0.0, y1), min(float(width), x2), min(float(height), y2)]
        if clipped[2] > clipped[0] and clipped[3] > clipped[1]:
            road_user = VEHICLE_TYPES[frame.state.type_index[index]].road_user.value
            found.append([*(round(v, 2) for v in clipped), round(float(shares[i]), 3), road_user])
    return found
