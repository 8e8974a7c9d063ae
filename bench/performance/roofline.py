"""`simpang count` with gating and cropping off, against its raw limits: decoding alone, and inference alone.

    python -m bench.performance.roofline

Every picture of a clip, whole, goes through the network. Decoding alone is PyAV with all its threads; inference alone
is OpenVINO's AsyncInferQueue, tuned for throughput, at the shape of our pictures. Runs in turn, medians. The limit is
the slower of the two, though all of it shares the same cores here. Writes build/bench/limit.json. Exit status 1 where
we reach less than 0.9 of it.
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

from analytics.camera import Camera
from bench.performance.vs_objectcounter import ROOT, SHARED, WEIGHTS
from models.detection.openvino_graph import core, read_network
from models.gating.roi import choose_roi
from pipelines.analysis.detector_factory import open_detector
from pipelines.config.geometry_file import WHOLE_FRAME_ZONE, CameraGeometry, ZoneEntry
from pipelines.recordings.count_video import count
from pipelines.recordings.evaluate.ground_truth_io import read_ground_truth
from pipelines.recordings.video_reader import Recording

CLIPS = ("us_dusk_side", "nl_highway")
RUNS = 3
STRIDE = 32
REQUIRED_RATIO = 0.9
RESULT = ROOT / "build" / "bench" / "limit.json"


def main() -> int:
    if not (SHARED / "clips").is_dir():
        print(f"bench: needs {SHARED / 'clips'}; nothing was measured", file=sys.stderr)
        return 2
    results = {clip: measure(clip) for clip in CLIPS}
    result = {"limit_ratio": min(r["ratio"] for r in results.values()), "runs": RUNS, "clips": results}
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    return 0 if result["limit_ratio"] >= REQUIRED_RATIO else 1


def measure(name: str) -> dict[str, float]:
    """Pictures a second of each, and ours as a share of the limit."""
    clip = SHARED / "clips" / f"{name}.mp4"
    camera = whole_picture(name)
    sides: dict[str, Callable[[], float]] = {
        "ours": lambda: ours_fps(clip, camera),
        "decoding": lambda: decoding_fps(clip),
        "inference": lambda: inference_fps(choose_roi(camera).window[2:]),
    }
    fps: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(RUNS):
        for side, run in sides.items():
            fps[side].append(run())
    medians = {side: round(statistics.median(runs), 1) for side, runs in fps.items()}
    return {**medians, "ratio": round(medians["ours"] / min(medians["decoding"], medians["inference"]), 3)}


def whole_picture(name: str) -> Camera:
    """The clip's gates, and a zone that leaves nothing to be cut off."""
    truth = read_ground_truth(SHARED / "truth" / "clips" / f"{name}.json")
    assert truth.width and truth.height
    corners = ((0.0, 0.0), (truth.width, 0.0), (truth.width, truth.height), (0.0, truth.height))
    size = truth.width, truth.height
    drawn = CameraGeometry(image_size=size, gates=truth.gates, zones=(ZoneEntry(id=WHOLE_FRAME_ZONE, polygon=corners),))
    return drawn.camera(name, size)


def ours_fps(clip: Path, camera: Camera) -> float:
    image_size = choose_roi(camera).window[2:]
    with Recording(str(clip)) as recording, closing(open_detector(str(WEIGHTS), image_size=image_size)) as detector:
        started = perf_counter()
        counted = count(recording, camera, detector, stop=Flag())
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


def inference_fps(image_size: tuple[int, int], pictures: int = 300) -> float:
    """image_size: (width, height); padded as a network of that stride needs it."""
    width, height = (-(-side // STRIDE) * STRIDE for side in image_size)
    model = read_network(next(WEIGHTS.glob("*.xml")))
    model.reshape([1, 3, height, width])
    queue = ov.AsyncInferQueue(core().compile_model(model, "CPU", {"PERFORMANCE_HINT": "THROUGHPUT"}))
    picture = np.random.default_rng(1).random((1, 3, height, width), dtype=np.float32)
    for _ in range(2 * len(queue)):
        queue.start_async({0: picture}, share_inputs=True)
    queue.wait_all()
    started = perf_counter()
    for _ in range(pictures):
        queue.start_async({0: picture}, share_inputs=True)
    queue.wait_all()
    return pictures / (perf_counter() - started)


if __name__ == "__main__":
    sys.exit(main())
