"""Cameras in, events out, over real RTSP connections. The detector finds bright rectangles."""

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Thread
from threading import enumerate as threads
from typing import Any

import cv2
import numpy as np
import pytest
from pydantic import SecretStr

from analytics import camera_analyzer as analyst
from analytics.camera import Position
from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, RoadUser
from models.detection.detector import ImageParts, RgbImage
from pipelines.config.settings import AnalysisConfig, CameraConfig, Config, StreamConfig
from pipelines.events.condition import Condition
from pipelines.events.schema import CameraStatus, CountsReport, Event, Health
from pipelines.live_video.hls_playlist import NUMBERS, PLAYLIST, STILL
from pipelines.worker.supervisor import RestartPolicy
from pipelines.worker.worker import Worker
from tests.support.mjpeg_camera import mjpeg_camera, road_jpegs, write_jpegs
from tests.support.odd_pictures import matrix_of, road, write_pictures
from tests.support.odd_rtsp_server import odd_camera
from tests.support.picture_server import Snapshot, picture_server
from tests.support.servers import RtspCameras, wait_until, write_clip
from tests.support.street import SIZE, write_street

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("brief_periods", "views_judged_soon")]

GATE = {"id": "middle", "p1": [160, 0], "p2": [160, 240]}
"""Gate across the middle of the frame, px. [test data]"""
STREET_GATE = {**GATE, "p2": [160, 180]}
"""Gate across the middle of the street's frame, px. [test data]"""
MICROSECOND_S = 1e-6
"""Resolution (s) of the times of an event. [source: RFC 3339 as pydantic writes it]"""
QUICK = RestartPolicy(first_s=0.1, longest_s=0.5)
"""Short delays, so that cameras reconnect within the test. [test data]"""


class WhiteBoxes:
    """Finds bright rectangles, and calls each a car."""

    name = "white boxes"
    in_flight = 2

    def submit(self, image: RgbImage, parts: ImageParts = ()) -> Future[Detections]:
        found: Future[Detections] = Future()
        _, _, stats, _ = cv2.connectedComponentsWithStats((image.min(axis=2) > 180).astype(np.uint8))
        boxes = np.array([[x, y, x + w, y + h] for x, y, w, h, area in stats[1:] if area > 400], np.float32)
        count = len(boxes)
        cars = np.full(count, ROAD_USERS.index(RoadUser.CAR), np.int64)
        found.set_result(Detections(boxes.reshape(-1, 4), np.full(count, 0.9, np.float32), cars))
        return found

    def close(self) -> None:
        pass


class FailsOnWideImages(WhiteBoxes):
    """Fails on whole frames of a wide stream."""

    def submit(self, image: RgbImage, parts: ImageParts = ()) -> Future[Detections]:
        if image.shape[1] < 600:  # a crop may have any shape
            return super().submit(image, parts)
        failed: Future[Detections] = Future()
        failed.set_exception(RuntimeError("out of memory"))
        return failed


class Received:
    """All events so far."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._events: list[Event] = []

    def put(self, event: Event) -> None:
        with self._lock:
            self._events.append(Event.from_json(event.to_json()))

    def of(self, camera_id: str, kind: type[Any]) -> list[Any]:
        with self._lock:
            return [e.data for e in self._events if e.subject == camera_id and isinstance(e.data, kind)]

    def health(self, camera_id: str) -> Health | None:
        reports = self.of(camera_id, Health)
        return reports[-1] if reports else None

    def status(self, camera_id: str) -> CameraStatus | None:
        last = self.health(camera_id)
        return last.status if last else None

    def statuses(self, camera_id: str) -> list[CameraStatus]:
        """Each change of status once."""
        reported = [report.status for report in self.of(camera_id, Health)]
        return [status for number, status in enumerate(reported) if number == 0 or status != reported[number - 1]]

    def is_(self, camera_id: str, status: CameraStatus) -> Callable[[], bool]:
        return lambda: self.status(camera_id) == status


def camera(camera_id: str, url: str, **options: Any) -> CameraConfig:
    return CameraConfig(
        id=camera_id, name=camera_id, url=SecretStr(url), position=Position(lat=1.1, lon=104.0), **options
    )


def config(tmp_path: Path, *cameras: CameraConfig, **stream: float) -> Config:
    return Config(
        cameras=cameras,
        data_dir=tmp_path / "data",
        analysis=AnalysisConfig(analysis_fps=10),
        stream=StreamConfig(**{"segment_s": 0.5, "stall_s": 2, **stream}),
    )


@contextmanager
def running(city: Config, detector: WhiteBoxes | None = None) -> Iterator[Received]:
    received = Received()
    with Worker(city, detector or WhiteBoxes(), received.put, restart_policy=QUICK):
        yield received


def gate_file(folder: Path, gate: dict[str, Any] = GATE, size: tuple[int, int] = (320, 240)) -> Path:
    path = folder / "camera.json"
    path.write_text(json.dumps({"image_size": size, "gates": [gate]}))
    return path


def test_a_camera_is_streamed_analysed_and_reported(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    city = config(tmp_path, camera("road", rtsp_cameras.url("road.mp4"), geometry=gate_file(tmp_path)))
    with running(city) as received:
        wait_until(received.is_("road", CameraStatus.ONLINE), "the camera to be online")
        wait_until(
            lambda: sum(len(c.crossings) for c in received.of("road", CountsReport)) >= 2, "two crossings", within_s=60
        )
        wait_until((tmp_path / "data/hls/road" / PLAYLIST).exists, "live video")
        assert rtsp_cameras.connections() == 1
    first, *_ = received.of("road", CountsReport)
    assert 0 < first.observed_s <= (first.end_at - first.start_at).total_seconds() + MICROSECOND_S
    assert (first.end_at - first.start_at).total_seconds() <= analyst.COVERAGE_S
    crossings = [crossing for counts in received.of("road", CountsReport) for crossing in counts.crossings]
    assert {(c.gate, c.road_user) for c in crossings} == {("middle", RoadUser.CAR)}
    beats = [report for report in received.of("road", Health) if report.status == CameraStatus.ONLINE]
    assert max(report.received_fps for report in beats) > max(report.analysed_fps for report in beats) > 0
    assert beats[-1].image_size == (320, 240)
    # The last event of the camera reports no data, and the playlist is empty.
    assert received.status("road") == CameraStatus.OFFLINE
    assert [path.name for path in (tmp_path / "data/hls/road").iterdir()] == [NUMBERS]


def test_cameras_are_added_changed_and_removed_without_interrupting_another(
    rtsp_cameras: RtspCameras, tmp_path: Path
) -> None:
    west, east = (camera(name, rtsp_cameras.url("road.mp4")) for name in ("west", "east"))
    received = Received()
    with Worker(config(tmp_path, west), WhiteBoxes(), received.put, restart_policy=QUICK) as worker:
        wait_until(received.is_("west", CameraStatus.ONLINE), "the first camera to be online")
        worker.set_cameras([west, east])
        wait_until(received.is_("east", CameraStatus.ONLINE), "the added camera to be online")
        changed = camera("east", rtsp_cameras.url("road.mp4"), geometry=gate_file(tmp_path))
        worker.set_cameras([west, changed])
        assert received.status("east") == CameraStatus.OFFLINE
        wait_until(received.is_("east", CameraStatus.ONLINE), "the changed camera to be online again")
        wait_until(lambda: any(c.crossings for c in received.of("east", CountsReport)), "a count at its new gate")
        worker.set_cameras([west, camera("lost", "rtsp://127.0.0.1:1/x", geometry=tmp_path / "missing.json")])
        assert received.status("east") == CameraStatus.OFFLINE
        assert not list((tmp_path / "data/hls/east").glob("*.m3u8"))
        counted = len(received.of("east", CountsReport))
        beats = len(received.of("west", CountsReport))
        wait_until(lambda: len(received.of("west", CountsReport)) > beats, "further counts of the first camera")
        assert [each.id for each in worker.cameras] == ["west"]  # the one without its geometry is left out
        assert len(received.of("east", CountsReport)) == counted
    assert received.statuses("west") == [CameraStatus.CONNECTING, CameraStatus.ONLINE, CameraStatus.OFFLINE]


def test_a_disk_error_of_one_camera_is_not_that_of_another(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    west, east, south = (camera(name, rtsp_cameras.url("road.mp4")) for name in ("west", "east", "south"))
    (tmp_path / "data/hls/south/.numbers.json").mkdir(parents=True)
    received = Received()
    with Worker(config(tmp_path, west, east), WhiteBoxes(), received.put, restart_policy=QUICK) as worker:
        wait_until(received.is_("east", CameraStatus.ONLINE), "the cameras to be online")
        (tmp_path / "data/hls/east/undeletable").mkdir()
        worker.set_cameras([west, south])
        assert received.status("east") == CameraStatus.OFFLINE
        wait_until(lambda: received.status("south") == CameraStatus.DEGRADED, "the added camera without live video")
        assert [each.id for each in worker.cameras] == ["west", "south"]
    assert CameraStatus.OFFLINE not in received.statuses("west")[:-1]


def test_a_camera_comes_back_when_its_server_does(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    with running(config(tmp_path, camera("road", rtsp_cameras.url("road.mp4")))) as received:
        wait_until(received.is_("road", CameraStatus.ONLINE), "the camera to be online")
        rtsp_cameras.kill()
        wait_until(received.is_("road", CameraStatus.OFFLINE), "the camera to be offline")
        wait_until(lambda: not (tmp_path / "data/hls/road" / PLAYLIST).exists(), "what is no longer live to be deleted")
        rtsp_cameras.start()
        wait_until(received.is_("road", CameraStatus.ONLINE), "the camera to be online again")
        wait_until((tmp_path / "data/hls/road" / PLAYLIST).exists, "live video again")
        wait_until(lambda: received.health("road").reconnects >= 1, "the reconnection to be counted")
    lost = next(report for report in received.of("road", Health) if report.status == CameraStatus.OFFLINE)
    assert lost.reason.startswith(f"rtsp://127.0.0.1:{rtsp_cameras.port}/***: ")
    assert lost.age_s is None, "an offline camera has no newest frame"
    assert lost.details.address == f"rtsp://127.0.0.1:{rtsp_cameras.port}/***"


def test_a_camera_that_stalls_is_offline_and_its_time_unobserved(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    with running(config(tmp_path, camera("road", rtsp_cameras.url("road.mp4")))) as received:
        wait_until(received.is_("road", CameraStatus.ONLINE), "the camera to be online")
        rtsp_cameras.pause()
        wait_until(received.is_("road", CameraStatus.OFFLINE), "the camera to be offline")
        wait_until(
            lambda: any(counts.observed_s == 0 for counts in received.of("road", CountsReport)),
            "a period in which nothing was observed",
            within_s=60,
        )


def test_a_frozen_image_is_reported_and_not_counted_as_observed(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    write_clip(rtsp_cameras.folder / "hung.mp4", still=True, seconds=2)
    city = config(
        tmp_path, camera("hung", rtsp_cameras.url("hung.mp4")), camera("road", rtsp_cameras.url("road.mp4")), frozen_s=3
    )
    with running(city) as received:
        wait_until(received.is_("hung", CameraStatus.FROZEN), "the picture to be called frozen")
        wait_until(
            lambda: any(counts.observed_s == 0 for counts in received.of("hung", CountsReport)),
            "a period in which nothing was observed",
            within_s=60,
        )
    assert CameraStatus.FROZEN not in received.statuses("road")


def test_a_covered_camera_is_reported_and_its_time_unobserved(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    write_street(rtsp_cameras.folder / "covered.mp4", covered=True)
    city = config(
        tmp_path, camera("covered", rtsp_cameras.url("covered.mp4"), geometry=gate_file(tmp_path, STREET_GATE, SIZE))
    )
    with running(city) as received:
        wait_until(received.is_("covered", CameraStatus.UNUSABLE), "the cover to be reported", within_s=60)
        report = received.health("covered")
        assert report is not None
        assert report.condition is Condition.COVERED
        assert report.received_fps > 0
        assert report.analysed_fps == 0
        wait_until(lambda: received.of("covered", CountsReport), "what was not observed to be reported", within_s=60)
        assert (tmp_path / "data/hls/covered" / PLAYLIST).exists(), "people can still look for themselves"
    assert {counts.observed_s for counts in received.of("covered", CountsReport)} == {0.0}


def test_a_camera_turned_while_the_worker_was_down_is_reported(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    write_street(rtsp_cameras.folder / "street.mp4")
    city = config(
        tmp_path, camera("street", rtsp_cameras.url("street.mp4"), geometry=gate_file(tmp_path, STREET_GATE, SIZE))
    )
    with running(city) as received:
        wait_until((tmp_path / "data/views/street.npz").exists, "the view to be learned", within_s=60)
        assert received.status("street") == CameraStatus.ONLINE
    write_street(rtsp_cameras.folder / "street.mp4", shift=20)
    with running(city) as received:
        wait_until(received.is_("street", CameraStatus.UNUSABLE), "the turned camera to be reported", within_s=60)
        report = received.health("street")
        assert report is not None
        assert report.condition is Condition.MOVED
        wait_until(lambda: received.of("street", CountsReport), "what was not observed to be reported", within_s=60)
    assert sum(counts.observed_s for counts in received.of("street", CountsReport)) == 0
    # A change of the gates accepts the present view.
    moved = {**STREET_GATE, "p1": [150, 0], "p2": [150, 180]}
    city = config(tmp_path, camera("street", rtsp_cameras.url("street.mp4"), geometry=gate_file(tmp_path, moved, SIZE)))
    with running(city) as received:
        wait_until(
            lambda: sum(counts.observed_s for counts in received.of("street", CountsReport)) > 5,
            "the new view to be observed",
            within_s=60,
        )
    assert CameraStatus.UNUSABLE not in received.statuses("street")


def test_one_bad_camera_does_not_touch_another(rtsp_cameras: RtspCameras, silent_server: int, tmp_path: Path) -> None:
    write_clip(rtsp_cameras.folder / "wide.mp4", size=(640, 240))
    outside = {"id": "outside", "p1": [500, 0], "p2": [500, 200]}
    unsized = tmp_path / "outside.json"
    unsized.write_text(json.dumps({"gates": [outside]}))
    city = config(
        tmp_path,
        camera("good", rtsp_cameras.url("road.mp4")),
        camera("refused", "rtsp://admin:s3cret@127.0.0.1:1/live"),
        camera("silent", f"rtsp://admin:s3cret@127.0.0.1:{silent_server}/live"),
        camera("missing", rtsp_cameras.url("nowhere.mp4", credentials="admin:s3cret@")),
        camera("misdrawn", rtsp_cameras.url("road.mp4"), geometry=unsized),
        camera("undetectable", rtsp_cameras.url("wide.mp4")),
    )
    conditions = {
        "refused": (Condition.CONNECTION_REFUSED, "connection refused"),
        "silent": (Condition.SILENT, "sends nothing"),
        "missing": (Condition.STREAM_NOT_FOUND, "404"),
        "misdrawn": (Condition.GEOMETRY_OUTSIDE_FRAME, "gate outside: point (500, 0) is outside the 320x240 frame"),
        "undetectable": (Condition.ANALYSIS_FAILED, "out of memory"),
    }
    with running(city, FailsOnWideImages()) as received:
        wait_until(received.is_("good", CameraStatus.ONLINE), "the good camera to be online")
        for camera_id, (condition, text) in conditions.items():
            wait_until(received.is_(camera_id, CameraStatus.OFFLINE), f"{camera_id} to be offline")
            report = received.health(camera_id)
            assert report is not None
            assert report.condition is condition
            assert text in report.reason
            assert "s3cret" not in report.model_dump_json()
        since = len(received.of("good", CountsReport))
        wait_until(lambda: len(received.of("good", CountsReport)) > since + 1, "the good camera to go on", within_s=60)
        # Its geometry is wrong and its analysis impossible, but its live video works.
        assert (tmp_path / "data/hls/misdrawn" / PLAYLIST).exists()
    # On a busy machine it is analysed less often than it should be, which is no failure here.
    statuses = [status for status in received.statuses("good") if status is not CameraStatus.DEGRADED]
    assert statuses == [CameraStatus.CONNECTING, *[CameraStatus.ONLINE] * (len(statuses) - 2), CameraStatus.OFFLINE]


def test_viewers_and_analysis_may_have_a_stream_each(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    write_clip(rtsp_cameras.folder / "large.mp4", size=(640, 480))
    sub_stream = SecretStr(rtsp_cameras.url("road.mp4"))
    city = config(tmp_path, camera("road", rtsp_cameras.url("large.mp4"), analysis_url=sub_stream))
    with running(city) as received:
        wait_until(received.is_("road", CameraStatus.ONLINE), "the camera to be online")
        wait_until((tmp_path / "data/hls/road" / PLAYLIST).exists, "live video")
        assert rtsp_cameras.connections() == 2
        (init,) = (tmp_path / "data/hls/road").glob("init-*.mp4")
        assert b"\x02\x80\x00\x00\x01\xe0\x00\x00" in init.read_bytes()  # 640.0 x 480.0 in the track header
        report = received.health("road")
        assert report is not None
        assert report.image_size == (320, 240)


def test_without_its_live_video_a_camera_is_degraded(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    sub_stream = SecretStr(rtsp_cameras.url("road.mp4"))
    city = config(tmp_path, camera("road", rtsp_cameras.url("nowhere.mp4"), analysis_url=sub_stream))
    with running(city) as received:
        wait_until(received.is_("road", CameraStatus.DEGRADED), "the camera to be degraded")
        report = received.health("road")
        assert report is not None
        assert (report.condition, report.details.cause) == (Condition.LIVE_VIDEO_FAILED, Condition.STREAM_NOT_FOUND)


def test_the_main_stream_is_analysed_while_the_sub_stream_is_down(
    rtsp_cameras: RtspCameras, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.ingest.stream_failover.STEADY_S", 1.0)
    (tmp_path / "main").mkdir()
    main = RtspCameras(tmp_path / "main")
    write_clip(main.folder / "large.mp4", size=(640, 480))
    drawn = gate_file(tmp_path)  # on the sub-stream's picture, half the size of the main one's
    sub_stream = SecretStr(rtsp_cameras.url("road.mp4"))
    city = config(tmp_path, camera("road", main.url("large.mp4"), analysis_url=sub_stream, geometry=drawn))

    def crossings() -> int:
        return sum(len(counts.crossings) for counts in received.of("road", CountsReport))

    main.start()
    try:
        with running(city) as received:
            wait_until(received.is_("road", CameraStatus.ONLINE), "the camera to be online")
            rtsp_cameras.kill()
            wait_until(received.is_("road", CameraStatus.DEGRADED), "the sub-stream to be missed")
            assert received.health("road").condition is Condition.SUB_STREAM_FAILED
            wait_until(lambda: received.health("road").image_size == (640, 480), "the main stream to be analysed")
            before = crossings()
            wait_until(lambda: crossings() >= before + 2, "crossings of the scaled gate", within_s=60)
            rtsp_cameras.start()
            wait_until(received.is_("road", CameraStatus.ONLINE), "the sub-stream to be analysed again")
            wait_until(lambda: received.health("road").image_size == (320, 240), "its pictures")
    finally:
        main.kill()


def test_everything_stops_while_a_camera_sends_nothing(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    def silent_threads() -> list[Thread]:
        return [thread for thread in threads() if "silent" in thread.name]

    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = camera("silent", f"rtsp://127.0.0.1:{listener.getsockname()[1]}/live")
        with running(config(tmp_path, camera("road", rtsp_cameras.url("road.mp4")), silent, stall_s=60)) as received:
            wait_until(received.is_("road", CameraStatus.ONLINE), "the camera to be online")
        assert received.status("road") == CameraStatus.OFFLINE
        assert silent_threads(), "no thread waited for it"
    wait_until(lambda: not silent_threads(), "its thread to end by itself, now that there is nothing to wait for")


def test_a_camera_with_h265_has_a_note_that_browsers_may_not_play_it(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    write_clip(rtsp_cameras.folder / "hevc.mp4", codec="libx265", seconds=2)
    with running(config(tmp_path, camera("hevc", rtsp_cameras.url("hevc.mp4")))) as received:
        wait_until(received.is_("hevc", CameraStatus.ONLINE), "the camera to be online")
        report = received.health("hevc")
        assert report is not None
        assert (report.condition, report.details.codec) == (Condition.UNPLAYABLE_CODEC, "hevc")


@contextmanager
def mjpeg_over(protocol: str, folder: Path) -> Iterator[str]:
    """Run a camera that sends Motion JPEG of a vehicle that drives to the right; yield its address."""
    if protocol == "http":
        with mjpeg_camera(road_jpegs((320, 240)), fps=15) as url:
            yield url
    else:
        clip = write_jpegs(folder / "jpeg.mkv", road_jpegs((320, 240)), (320, 240))
        with odd_camera(clip) as server:
            yield server.url()


@pytest.mark.parametrize("protocol", ["http", "rtsp"])
def test_a_camera_with_motion_jpeg_is_analysed_and_has_still_pictures(tmp_path: Path, protocol: str) -> None:
    still = tmp_path / "data/hls/jpeg" / STILL
    with (
        mjpeg_over(protocol, tmp_path) as url,
        running(config(tmp_path, camera("jpeg", url, geometry=gate_file(tmp_path)))) as received,
    ):
        wait_until(lambda: any(c.crossings for c in received.of("jpeg", CountsReport)), "a crossing", within_s=60)
        wait_until(still.exists, "a still picture")
        first = still.read_bytes()
        wait_until(lambda: still.read_bytes() != first, "the next still picture")
        shown = cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_COLOR)
        assert shown.shape == (240, 320, 3)
        conditions = {(report.condition, report.details.codec) for report in received.of("jpeg", Health)}
    assert (Condition.STILLS_ONLY, "mjpeg") in conditions
    assert {c.gate for counts in received.of("jpeg", CountsReport) for c in counts.crossings} == {"middle"}
    assert not still.exists(), "an old picture looks live"


def test_a_snapshot_address_is_analysed_and_has_still_pictures(tmp_path: Path) -> None:
    still = tmp_path / "data/hls/polled" / STILL
    polled = Snapshot(frames=road_jpegs((320, 240)))
    with (
        picture_server(polled) as server,
        running(config(tmp_path, camera("polled", server.url("/snapshot.jpg")))) as received,
    ):
        wait_until(received.is_("polled", CameraStatus.ONLINE), "the camera to be online")
        wait_until(still.exists, "a still picture")
        first = still.read_bytes()
        wait_until(lambda: still.read_bytes() != first, "the next still picture")
        wait_until(lambda: received.of("polled", CountsReport), "the counts of the analysis")
    assert {first} <= set(polled.frames)
    assert not still.exists(), "an old picture looks live"


def test_a_camera_that_is_turned_by_metadata_is_counted_as_players_show_it(tmp_path: Path) -> None:
    coded = [np.rot90(road(number, (320, 240))) for number in range(75)]
    path = write_pictures(tmp_path / "turned.mp4", coded, matrix=matrix_of((0, 1, -1, 0)))
    with running(config(tmp_path, camera("turned", str(path), geometry=gate_file(tmp_path)))) as received:
        wait_until(lambda: any(c.crossings for c in received.of("turned", CountsReport)), "a crossing", within_s=60)
        assert received.health("turned").image_size == (320, 240)


def test_a_camera_whose_geometry_is_drawn_on_another_aspect_is_refused_in_one_line(
    rtsp_cameras: RtspCameras, tmp_path: Path
) -> None:
    write_clip(rtsp_cameras.folder / "wide.mp4", size=(320, 180))
    city = config(tmp_path, camera("wide", rtsp_cameras.url("wide.mp4"), geometry=gate_file(tmp_path)))
    with running(city) as received:
        wait_until(
            lambda: any(report.condition is Condition.GEOMETRY_ASPECT for report in received.of("wide", Health)),
            "the refusal",
        )
    report = next(report for report in received.of("wide", Health) if report.condition is Condition.GEOMETRY_ASPECT)
    assert report.status is CameraStatus.OFFLINE
    assert "drawn on a 320x240 frame, and the frames are 320x180" in report.reason
    assert not received.of("wide", CountsReport)
