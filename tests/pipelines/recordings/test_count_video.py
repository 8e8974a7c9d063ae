"""`simpang count` from the outside: real videos, a tiny real network, the real command."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import av
import numpy as np
import pytest

from analytics.camera import Camera, Gate
from analytics.facts import Crossing
from analytics.road_users import RoadUser
from models.detection.openvino import OpenVinoDetector, OpenVinoNetwork
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.recordings.count_video import count_video
from pipelines.recordings.video_reader import VideoReader
from tests.support.bright_detector import BrightDetector
from tests.support.servers import RtspCameras, wait_until, write_clip
from tests.support.tiny_network import save_tiny_network

pytestmark = pytest.mark.slow  # clips are encoded, and the command runs in a process of its own

MIDDLE = Gate(id="middle", p1=(160, 40), p2=(160, 230))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_network(tmp_path_factory.mktemp("weights") / "tiny_openvino_model")


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One vehicle that drives from left to right over the middle, and starts again after 3.2 s."""
    return write_clip(tmp_path_factory.mktemp("clips") / "road.mp4", seconds=3.0)


@pytest.fixture
def detector(weights: Path) -> Iterator[OpenVinoDetector]:
    detector = OpenVinoDetector(OpenVinoNetwork(weights))
    yield detector
    detector.close()


def simpang_count(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipelines", "count", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def test_one_vehicle_over_a_gate_is_one_crossing(road, detector):
    camera = Camera(id="road", image_size=(320, 240), gates=(MIDDLE,))
    with VideoReader(str(road)) as recording:
        counted = count_video(recording, camera, detector, stop=Event())
    (crossing,) = [fact for fact in counted.facts if isinstance(fact, Crossing)]
    assert (crossing.gate, crossing.road_user) == ("middle", RoadUser.CAR)
    assert crossing.t == pytest.approx((160 - 35) / 3 / 25, abs=0.1)
    assert counted.frames == counted.analysed_frames == 75
    assert counted.duration_s == pytest.approx(3.0, abs=0.01)


def test_road_users_are_tracked_without_any_geometry(road, detector):
    with VideoReader(str(road)) as recording:
        counted = count_video(recording, Camera(id="road", image_size=(320, 240)), detector, stop=Event())
    assert counted.road_users == {RoadUser.CAR: 1}


class CountingDetector(BrightDetector):
    images = 0

    def submit(self, image, parts=()):
        self.images += 1
        return super().submit(image, parts)


def test_a_repeated_image_is_detected_once_and_counts_as_analysed(tmp_path):
    """As in streams that were recoded to a higher frame rate."""
    clip = tmp_path / "repeats.mkv"
    with av.open(str(clip), "w") as video:
        stream = video.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for n in range(30):
            image = np.zeros((96, 128, 3), np.uint8)
            left = n // 3 * 10
            image[40:60, left : left + 20] = 255
            video.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        video.mux(stream.encode())
    camera = Camera(id="c", image_size=(128, 96), gates=(Gate(id="g", p1=(64, 10), p2=(64, 90)),))
    detector, seen = CountingDetector(), []
    with VideoReader(str(clip)) as recording:
        counted = count_video(
            recording, camera, detector, stop=Event(), callbacks=[lambda frame, *_: seen.append(frame.at)]
        )
    assert detector.images == 10
    assert counted.frames == counted.analysed_frames == len(seen) == 30
    assert len([fact for fact in counted.facts if isinstance(fact, Crossing)]) == 1


@pytest.mark.parametrize(
    ("analysis_fps", "frames", "gating"),
    [
        *((5.0, 15, gating) for gating in (False, True)),
        *((10.0, 30, gating) for gating in (False, True)),
        *((analysis_fps, frames, False) for analysis_fps, frames in ((12.5, 38), (25.0, 75), (120.0, 75))),
    ],
)
def test_fewer_analysed_frames_are_evenly_spread_and_count_the_same(road, detector, analysis_fps, frames, gating):
    camera, seen = Camera(id="road", image_size=(320, 240), gates=(MIDDLE,)), []
    with VideoReader(str(road)) as recording:
        counted = count_video(
            recording,
            camera,
            detector,
            stop=Event(),
            analysis_fps=analysis_fps,
            gating=gating,
            callbacks=[lambda frame, *_: seen.append(frame.at)],
        )
    assert counted.analysed_frames == frames
    assert counted.frames == 75
    assert np.diff(seen).max() <= max(1 / analysis_fps, 1 / 25) + 1 / 25 + 1e-6
    (crossing,) = [fact for fact in counted.facts if isinstance(fact, Crossing)]
    assert crossing.t == pytest.approx((160 - 35) / 3 / 25, abs=0.1)


class MeasuringDetector(BrightDetector):
    pixels = 0

    def submit(self, image, parts=()):
        self.pixels += image.shape[0] * image.shape[1]
        return super().submit(image, parts)


def test_gating_gives_the_detector_fewer_pixels_and_the_same_crossings(road):
    camera, pixels, crossed = Camera(id="road", image_size=(320, 240), gates=(MIDDLE,)), {}, {}
    for gating in (False, True):
        detector = MeasuringDetector()
        with VideoReader(str(road)) as recording:
            counted = count_video(recording, camera, detector, stop=Event(), analysis_fps=12.5, gating=gating)
        pixels[gating] = detector.pixels
        crossed[gating] = [fact.t for fact in counted.facts if isinstance(fact, Crossing)]
    assert crossed[True] == pytest.approx(crossed[False], abs=0.05)
    assert len(crossed[True]) == 1
    assert pixels[True] < 0.7 * pixels[False]


class WeakInSmallCrops(BrightDetector):
    def submit(self, image, parts=()):
        return super().submit(np.zeros_like(image) if min(image.shape[:2]) < 150 else image, parts)


def test_a_short_recording_loses_no_crossing_to_a_network_that_is_weak_in_small_crops(road):
    camera, crossings = Camera(id="road", image_size=(320, 240), gates=(MIDDLE,)), {}
    for larger_crops in (False, True):
        with VideoReader(str(road)) as recording:
            counted = count_video(
                recording,
                camera,
                WeakInSmallCrops(),
                stop=Event(),
                analysis_fps=5,
                gating=True,
                larger_crops=larger_crops,
            )
        crossings[larger_crops] = sum(isinstance(fact, Crossing) for fact in counted.facts)
    assert crossings == {False: 0, True: 1}


def test_callbacks_receive_every_frame_in_order(road, detector):
    seen = []
    with VideoReader(str(road)) as recording:
        camera = Camera(id="road", image_size=(320, 240))
        count_video(recording, camera, detector, stop=Event(), callbacks=[lambda frame, *_: seen.append(frame.at)])
    assert len(seen) == 75
    assert seen == sorted(seen)


def test_a_stop_ends_it_early_with_what_was_counted(road, detector):
    stop, seen = Event(), []

    def stop_after_ten(frame: TimedFrame, *_: object) -> None:
        seen.append(frame)
        if len(seen) == 10:
            stop.set()

    with VideoReader(str(road)) as recording:
        camera = Camera(id="road", image_size=(320, 240))
        counted = count_video(recording, camera, detector, stop=stop, callbacks=[stop_after_ten])
    assert 10 <= counted.analysed_frames < 75


def test_the_report_goes_alone_to_standard_output(road, weights):
    done = simpang_count(road, "--gate", "middle:160,40,160,230", "--weights", weights, "--json", "-")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [(c["gate"], c["class"]) for c in report["crossings"]] == [("middle", "car")]
    assert report["counts"] == [{"gate": "middle", "direction": "B", "class": "car", "n": 1}]
    assert {"movements", "intervals", "incidents", "wall_s"} <= report.keys()
    assert (report["frames"], report["analysed_frames"]) == (75, 75)


def test_a_recording_without_crossings_prints_that_nothing_crossed_a_gate(road, weights):
    done = simpang_count(road, "--gate", "below:10,200,310,200", "--weights", weights)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Nothing crossed a gate.\n"


def test_a_recording_without_gates_prints_the_road_users(road, weights):
    done = simpang_count(road, "--weights", weights)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Road users seen: 1 car.\n"


def test_a_camera_file_and_an_annotated_video(road, weights, tmp_path):
    drawn = {"image_size": [640, 480], "gates": [{"id": "middle", "p1": [320, 80], "p2": [320, 460]}]}
    (tmp_path / "camera.json").write_text(json.dumps(drawn))
    done = simpang_count(
        road,
        *("--camera", tmp_path / "camera.json", "--weights", weights),
        *("--json", tmp_path / "out.json", "--video", tmp_path / "out.mp4"),
    )
    assert done.returncode == 0, done.stderr
    assert len(json.loads((tmp_path / "out.json").read_text())["crossings"]) == 1
    with av.open(str(tmp_path / "out.mp4")) as video:
        stream = video.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        frames = list(video.decode(stream))
    assert len(frames) == 75
    assert frames[-1].time == pytest.approx(74 / 25, abs=0.01)
    first, last = (frame.to_ndarray(format="rgb24").astype(int) for frame in (frames[0], frames[-1]))
    yellow = (first[..., 0] > 180) & (first[..., 1] > 150) & (first[..., 2] < 110)
    assert yellow.sum() > 200, "the gate is drawn"
    assert abs(first - last).max() > 100


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--gate", "middle"), "--gate middle: expected ID:u1,v1,u2,v2"),
        (("--gate", "middle:1,2,3"), "--gate middle:1,2,3: expected ID:u1,v1,u2,v2"),
        (("--gate", "middle:1,2,3,nan"), "expected ID:u1,v1,u2,v2"),
        (("--gate", "middle:9,9,9,9"), "the same point"),
        (("--gate", "far:10,10,900,10"), "gate far: point (900, 10) is outside the 320x240 frame"),
        (("--gate", "a:1,1,9,9", "--gate", "a:2,2,9,9"), "'a' is used twice"),
        (("--camera", "nowhere.json"), "nowhere.json: No such file"),
        (("--weights", "nowhere.pt"), "nowhere.pt: no such weights"),
        (("--json", "no/such/folder/out.json"), "the folder"),
        (("--video", "no/such/folder/out.mp4"), "the folder"),
        (("--confidence", "2"), "--confidence"),
    ],
)
def test_bad_input_is_one_line_and_status_2(road, weights, arguments, message):
    done = simpang_count(road, *(() if "--weights" in arguments else ("--weights", weights)), *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_weights_of_the_wrong_kind_and_a_missing_video_are_one_line(road, tmp_path):
    classifier = save_tiny_network(tmp_path / "classifier", metadata={"task": "classify"})
    wrong_kind = simpang_count(road, "--weights", classifier)
    missing = simpang_count(tmp_path / "missing.mp4", "--weights", classifier)
    for done, message in ((wrong_kind, "task 'classify'"), (missing, "missing.mp4: cannot be opened")):
        assert done.returncode == 2
        assert message in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.integration
def test_interrupting_a_live_camera_reports_what_was_counted(rtsp_cameras: RtspCameras, weights, tmp_path):
    out = tmp_path / "out.json"
    command = [sys.executable, "-m", "pipelines", "--verbose", "count", rtsp_cameras.url("road.mp4")]
    command += ["--gate", "middle:160,40,160,230", "--weights", weights, "--json", out, "--video", tmp_path / "v.mkv"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: (tmp_path / "v.mkv").exists() and (tmp_path / "v.mkv").stat().st_size > 20_000, "frames")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    report = json.loads(out.read_text())
    assert report["analysed_frames"] > 0
    assert report["frames"] >= report["analysed_frames"]


@pytest.mark.parametrize(
    "clip", ["br_signal", "de_cars_cyclist", "de_cars_truck", "nl_highway", "us_rain_turn", "vn_junction"]
)
def test_real_clips_are_counted_well(shared_dir: Path, tmp_path, clip):
    out, truth = tmp_path / "out.json", shared_dir / "truth" / "clips" / f"{clip}.json"
    weights = shared_dir / "weights" / "yolo11n_int8_openvino_model"
    done = simpang_count(shared_dir / "clips" / f"{clip}.mp4", "--camera", truth, "--weights", weights, "--json", out)
    assert done.returncode == 0, done.stderr
    scorer = [sys.executable, shared_dir / "tools" / "score.py", out, truth, "--json"]
    score = json.loads(subprocess.run(scorer, capture_output=True, text=True, timeout=60, check=True).stdout)
    assert score["f1"] >= 0.85, score


def test_riders_are_counted_by_a_network_that_is_weak_in_small_crops(shared_dir: Path, tmp_path):
    """With crops from 96 pixels on, COCO's network counted 3 of these 14."""
    out, truth = tmp_path / "out.json", shared_dir / "truth" / "clips" / "vn_frontage_bikes.json"
    weights = shared_dir / "weights" / "yolo11n_int8_openvino_model"
    clip = shared_dir / "clips" / "vn_frontage_bikes.mp4"
    done = simpang_count(clip, "--camera", truth, "--weights", weights, "--analysis-fps", 5.5, "--json", out)
    assert done.returncode == 0, done.stderr
    assert 11 <= len(json.loads(out.read_text())["crossings"]) <= 16
