"""CPU time of the analysis thread for each analysed frame, by part, and of the network on the same frames.

    python -m bench.performance.analysis_cost [--seconds 60] [--without-network] [--flame]

Clips play in a loop, each as a camera with 5 analysed frames a second, in turns. Each frame goes through the view gate
and the pipeline of production. Its detections are computed once and stored, so that a change of another part meets the
same ones. The network runs on the images of all cameras together, as in a city; its results are dropped. Parts are
measured by the time of their thread, the network by that of all others. Prints ms a frame, and digests of all images
and facts: equal digests before and after a change prove that it changes neither. Writes build/bench/analysis_cost.json;
--flame samples the process, which is slower then, and draws build/bench/analysis_cost.svg.
"""

import argparse
import hashlib
import json
import pickle
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from analytics.camera_analyzer import CameraAnalyzer
from analytics.detections import Detections
from analytics.facts import Fact
from bench.inputs import CLIPS, RESULTS, ROOT, WEIGHTS
from models.detection.detector import Detector, RgbImage
from models.gating.input_scale import AdaptiveInputScale
from models.gating.motion_gate import MotionGate
from models.packing.crop_collage import CropCollage
from models.sight.sight_meter import SightMeter
from models.tracking.tracker import RoadTracker
from pipelines.analysis import perception
from pipelines.analysis.camera_pipeline import CameraPipeline
from pipelines.analysis.detection_request import DetectionRequest
from pipelines.analysis.detector_factory import MAX_BATCH_DELAY_S, open_detector
from pipelines.analysis.frame_convert import FrameConverter
from pipelines.analysis.rate_control import AimdHeadroom, AnalysisRates, RateController
from pipelines.analysis.view_gate import ViewGate
from pipelines.capacity.baseline import clip_camera
from pipelines.capacity.clips import FPS, PreparedClip, prepare_clips
from pipelines.config.settings import StreamConfig
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.recordings.video_reader import VideoReader

CACHE = RESULTS / "capacity"
"""Folder of prepared clips, shared with bench.performance.capacity."""
DETECTIONS = RESULTS / "analysis_cost.pickle"
"""Detections of each image that was given to the network before."""
RESULT = RESULTS / "analysis_cost.json"
"""Figures that this benchmark writes."""
FLAME = RESULTS / "analysis_cost.svg"
"""Flame graph of the thread."""
SAMPLES_PER_S = 100
"""Samples a second of the flame graph [assumption]."""
ANALYSIS_FPS = 5.0
"""Analysed frames a second of each camera [source: default analysis rate]."""


class Part(NamedTuple):
    """A function whose time counts to a part. owner: its class or module."""

    name: str
    owner: Any
    function: str


PARTS = (
    Part("view gate", ViewGate, "update"),
    Part("grey", FrameConverter, "to_grey"),
    Part("thumbnail", perception, "block_means"),
    Part("motion gate", MotionGate, "select_regions"),
    Part("rgb and collage", perception, "make_collage"),
    Part("rgb and collage", FrameConverter, "to_rgb"),
    Part("rgb and collage", FrameConverter, "to_collage"),
    Part("merge", CropCollage, "split"),
    Part("merge", MotionGate, "merge_detections"),
    Part("merge", MotionGate, "update_tracks"),
    Part("merge", AdaptiveInputScale, "update"),
    Part("tracker", RoadTracker, "update"),
    Part("sight", SightMeter, "measure"),
    Part("analyzer", CameraAnalyzer, "observe"),
    Part("rate", RateController, "update"),
)
"""Measured functions in the order of a frame."""

OTHER, OUTSIDE = "other", "outside"
"""Names of the time of a frame that is in no part, and of all other time of the thread."""


class PartTimes:
    """Time of each part, without that of the parts inside it. clock: seconds."""

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._clock = clock
        self._inside = [OUTSIDE]
        self._since = 0.0

    def measured(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, each call of which adds to the time of a part."""

        @wraps(function)
        def measured(*arguments: Any, **options: Any) -> Any:
            self._add()
            self._inside.append(name)
            try:
                return function(*arguments, **options)
            finally:
                self._add()
                self._inside.pop()

        return measured

    def _add(self) -> None:
        now = self._clock()
        self.seconds[self._inside[-1]] += now - self._since
        self._since = now

    @contextmanager
    def of_functions(self, parts: Sequence[Part]) -> Iterator[None]:
        """Measure each call of these functions while the context lasts."""
        with ExitStack() as stack:
            for part in parts:
                original = getattr(part.owner, part.function)
                setattr(part.owner, part.function, self.measured(part.name, original))
                stack.callback(setattr, part.owner, part.function, original)
            yield


class KnownDetections:
    """Detections of each image: those of a former run, or of the detector, alone on its canvas. detector: shared."""

    def __init__(self, path: Path, detector: Detector) -> None:
        self._path = path
        self._detector = detector
        self._of_image: dict[bytes, Detections] = pickle.loads(path.read_bytes()) if path.exists() else {}
        self._stored = len(self._of_image)

    def of(self, image: RgbImage) -> Detections:
        """Return the detections of one image."""
        key = digest(self._detector.name.encode(), repr(image.shape).encode(), image.data)
        if key not in self._of_image:
            self._of_image[key] = self._detector.submit(image).result()
        return self._of_image[key]

    def save(self) -> None:
        """Store what was detected in this run."""
        if len(self._of_image) > self._stored:
            self._path.write_bytes(pickle.dumps(self._of_image))


class PlayedCamera:
    """A clip as the analysis loop sees a camera: its frames, view gate, pipeline and rate."""

    def __init__(self, clip: PreparedClip, seconds: float) -> None:
        self.frames = played(clip, seconds)
        self._view = ViewGate(StreamConfig().frozen_s)
        self._pipeline = CameraPipeline(clip_camera(clip))
        rates = AnalysisRates(usual_fps=ANALYSIS_FPS, max_fps=ANALYSIS_FPS)
        self._rate = RateController(rates, AimdHeadroom(1 / ANALYSIS_FPS))

    def plan(self, frame: TimedFrame) -> DetectionRequest | None:
        """Return the request of a frame; None where its view is unusable."""
        return self._pipeline.plan(frame) if self._view.update(frame.at, frame.video_frame).usable else None

    def complete(self, request: DetectionRequest, detections: Detections | None) -> list[Fact]:
        """Return the facts of a frame."""
        result = self._pipeline.complete(request, detections)
        self._rate.update(request.frame.at, result.tracks)
        return result.facts


def played(clip: PreparedClip, seconds: float) -> Iterator[TimedFrame]:
    """Yield the frames that are due for analysis within `seconds` of a clip that plays in a loop."""
    due = 0
    for loop in count():
        with VideoReader(str(clip.path)) as video:
            for frame in video.frames():
                at = frame.at + loop * float(clip.frames / FPS)
                if at >= seconds:
                    return
                if at >= due / ANALYSIS_FPS:
                    due += 1
                    yield TimedFrame(at, frame.video_frame)


class CostRun:
    """One run of all cameras. times: of the parts. network_s: CPU time, s. frames, images: numbers so far."""

    def __init__(
        self, cameras: Sequence[PlayedCamera], detector: Detector, known: KnownDetections, *, with_network: bool
    ) -> None:
        self._with_network = with_network
        self.times = PartTimes()
        self.network_s = 0.0
        self.frames = self.images = 0
        self._plan = self.times.measured(OTHER, PlayedCamera.plan)
        self._complete = self.times.measured(OTHER, PlayedCamera.complete)
        self._cameras, self._detector, self._known = cameras, detector, known
        self._images, self._facts = hashlib.sha256(), hashlib.sha256()

    def run(self) -> None:
        """Play all cameras to their ends, a frame of each in turn."""
        playing = list(self._cameras)
        with self.times.of_functions(PARTS):
            while playing:
                frames = [(camera, frame) for camera in playing if (frame := next(camera.frames, None)) is not None]
                playing = [camera for camera, _ in frames]
                self._analyse(frames)

    def _analyse(self, frames: Sequence[tuple[PlayedCamera, TimedFrame]]) -> None:
        images = []
        for camera, frame in frames:
            request = self._plan(camera, frame)
            self.frames += 1
            if request is None:
                continue
            if request.image is not None:
                images.append(request.image)
                self._images.update(request.image.data)
            detections = None if request.image is None else self._known.of(request.image)
            facts = self._complete(camera, request, detections)
            self._facts.update("\n".join(map(repr, facts)).encode())
        self.images += len(images)
        if self._with_network:
            self._run_network(images)

    def _run_network(self, images: Sequence[RgbImage]) -> None:
        process, thread = time.process_time(), time.thread_time()
        for result in [self._detector.submit(image) for image in images]:
            result.result()
        self.network_s += (time.process_time() - process) - (time.thread_time() - thread)

    def figures(self) -> dict[str, Any]:
        """Return ms a frame of each part, of the thread and of the network, and the digests."""
        parts_ms = {
            name: 1000 * self.times.seconds[name] / self.frames
            for name in dict.fromkeys([*(part.name for part in PARTS), OTHER])
        }
        thread_ms, network_ms = sum(parts_ms.values()), 1000 * self.network_s / self.frames
        return {
            "frames": self.frames,
            "images": self.images,
            "parts_ms": {name: round(ms, 3) for name, ms in parts_ms.items()},
            "thread_ms": round(thread_ms, 3),
            "network_ms": round(network_ms, 3),
            "ratio": round(thread_ms / network_ms, 3) if network_ms else None,
            "images_digest": self._images.hexdigest()[:16],
            "facts_digest": self._facts.hexdigest()[:16],
        }


def digest(*parts: bytes | memoryview) -> bytes:
    """Return the SHA-256 of the parts together."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part)
    return whole.digest()


def sampled(options: Sequence[str]) -> int:
    """Run this benchmark in a process that py-spy samples, and return its exit status."""
    sampler = Path(sys.executable).with_name("py-spy")
    command: list[str | Path] = [
        sampler,
        "record",
        "--threads",
        "--nonblocking",
        "--rate",
        str(SAMPLES_PER_S),
        "--output",
        FLAME,
        "--",
    ]
    return subprocess.run([*command, sys.executable, "-m", __spec__.name, *options], check=False, cwd=ROOT).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--flame", action="store_true")
    parser.add_argument("--without-network", action="store_true")
    options = parser.parse_args()
    if not CLIPS.is_dir():
        print(f"bench: needs {CLIPS}; nothing was measured", file=sys.stderr)
        return 2
    if options.flame:
        return sampled(["--seconds", str(options.seconds), "--without-network"])
    clips = prepare_clips(CLIPS, CACHE)
    detector = open_detector(str(WEIGHTS), max_batch_delay_s=MAX_BATCH_DELAY_S)
    known = KnownDetections(DETECTIONS, detector)
    try:
        run = CostRun(
            [PlayedCamera(clip, options.seconds) for clip in clips],
            detector,
            known,
            with_network=not options.without_network,
        )
        run.run()
    finally:
        detector.close()
    known.save()
    result = run.figures()
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    for name, ms in [*result["parts_ms"].items(), ("thread", result["thread_ms"]), ("network", result["network_ms"])]:
        print(f"{name:16} {ms:7.3f} ms")
    print(json.dumps({name: value for name, value in result.items() if name != "parts_ms"}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
