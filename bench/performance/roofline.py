"""Speed of `simpang count` without gating and cropping, against the limit of bare decoding and inference.

    python -m bench.performance.roofline

Every whole frame of a clip goes through the network. The limit is the shared one: one loop decodes with PyAV, all its
threads, and starts an inference for each frame in OpenVINO's AsyncInferQueue, tuned for throughput, at the same input
shape, on the same cores at once. It converts, tracks and counts nothing. Beside it are decoding alone and inference
alone. Alternating runs, medians. Writes build/bench/limit.json. Exit status 1 below 0.9 of the limit.
"""

import json
import statistics
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Event as Flag
from time import perf_counter

import av
import numpy as np
import openvino as ov
from numpy.typing import NDArray

from analytics.camera import Camera
from bench.inputs import CLIP_TRUTH, CLIPS, RESULTS, WEIGHTS
from models.detection.openvino_graph import core, read_network
from models.gating.roi import choose_roi
from pipelines.analysis.detector_factory import open_detector
from pipelines.config.geometry_file import WHOLE_FRAME_ZONE, CameraGeometry, ZoneEntry
from pipelines.recordings.count_video import count_video
from pipelines.recordings.evaluate.ground_truth_io import read_ground_truth
from pipelines.recordings.video_reader import VideoReader

MEASURED_CLIPS = ("us_dusk_side", "nl_highway")
"""A clip at dusk and one of fast traffic by day [assumption]."""
RUNS = 3
"""Runs of each side; the median counts [assumption]."""
STRIDE = 32
"""Width and height of the network's input are multiples of this, in pixels [source: YOLO11]."""
REQUIRED_RATIO = 0.9
"""Least speed, as a share of the limit [assumption: the project's target]."""
RESULT = RESULTS / "limit.json"
"""Figures that this benchmark writes."""


def main() -> int:
    if not CLIPS.is_dir():
        print(f"bench: needs {CLIPS}; nothing was measured", file=sys.stderr)
        return 2
    results = {clip: measure(clip) for clip in MEASURED_CLIPS}
    limit_ratio = min(r["ratio"] for r in results.values())
    result = {"limit_ratio": limit_ratio, "runs": RUNS, "clips": results}
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    return 0 if limit_ratio >= REQUIRED_RATIO else 1


def measure(name: str) -> dict[str, float]:
    """Return the frames a second of each side, and ours as a share of the limit."""
    clip = CLIPS / f"{name}.mp4"
    camera = whole_frame_camera(name)
    sides: dict[str, Callable[[], float]] = {
        "ours": lambda: ours_fps(clip, camera),
        "shared": lambda: shared_fps(clip, choose_roi(camera).window[2:]),
        "decoding": lambda: decoding_fps(clip),
        "inference": lambda: inference_fps(choose_roi(camera).window[2:]),
    }
    fps: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(RUNS):
        for side, run in sides.items():
            fps[side].append(run())
    medians = {side: round(statistics.median(runs), 1) for side, runs in fps.items()}
    return {**medians, "ratio": round(medians["ours"] / medians["shared"], 3)}


def whole_frame_camera(name: str) -> Camera:
    """Return a camera with the gates of the clip and a zone that covers the frame, so that nothing is cropped."""
    truth = read_ground_truth(CLIP_TRUTH / f"{name}.json")
    assert truth.width and truth.height
    corners = ((0.0, 0.0), (truth.width, 0.0), (truth.width, truth.height), (0.0, truth.height))
    size = truth.width, truth.height
    zones = (ZoneEntry(id=WHOLE_FRAME_ZONE, polygon=corners),)
    return CameraGeometry(image_size=size, gates=truth.gates, zones=zones).camera(name, size)


def ours_fps(clip: Path, camera: Camera) -> float:
    image_size = choose_roi(camera).window[2:]
    with VideoReader(str(clip)) as video, closing(open_detector(str(WEIGHTS), image_size=image_size)) as detector:
        started = perf_counter()
        counted = count_video(video, camera, detector, stop=Flag())
        seconds = perf_counter() - started
    if counted.analysed_frames < counted.frames:
        raise RuntimeError("not every frame was analysed: the figures do not compare")
    return counted.frames / seconds


def decoding_fps(clip: Path) -> float:
    with av.open(str(clip)) as container:
        container.streams.video[0].thread_type = "AUTO"
        started = perf_counter()
        frames = sum(1 for _ in container.decode(video=0))
        return frames / (perf_counter() - started)


def shared_fps(clip: Path, image_size: tuple[int, int]) -> float:
    """Return the frames a second of one loop of decoding and inference. image_size: (width, height) of the input."""
    queue, image = inference_queue(image_size)
    with av.open(str(clip)) as container:
        container.streams.video[0].thread_type = "AUTO"
        frames, started = 0, perf_counter()
        for _ in container.decode(video=0):
            queue.start_async({0: image}, share_inputs=True)
            frames += 1
        queue.wait_all()
        return frames / (perf_counter() - started)


def inference_fps(image_size: tuple[int, int], images: int = 300) -> float:
    """Return the images a second of inference alone. image_size: (width, height) of the input."""
    queue, image = inference_queue(image_size)
    started = perf_counter()
    for _ in range(images):
        queue.start_async({0: image}, share_inputs=True)
    queue.wait_all()
    return images / (perf_counter() - started)


def inference_queue(image_size: tuple[int, int]) -> tuple[ov.AsyncInferQueue, NDArray[np.float32]]:
    """Return a warm queue, and an image for it. image_size: (width, height), padded to the stride."""
    width, height = (-(-side // STRIDE) * STRIDE for side in image_size)
    model = read_network(next(WEIGHTS.glob("*.xml")))
    model.reshape([1, 3, height, width])
    queue = ov.AsyncInferQueue(core().compile_model(model, "CPU", {"PERFORMANCE_HINT": "THROUGHPUT"}))
    image = np.random.default_rng(1).random((1, 3, height, width), dtype=np.float32)
    for _ in range(2 * len(queue)):
        queue.start_async({0: image}, share_inputs=True)
    queue.wait_all()
    return queue, image


if __name__ == "__main__":
    sys.exit(main())
