"""Which offered frames become pictures, with real files and frames."""

import threading
from concurrent.futures import Future

import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, RoadUser
from pipelines.errors import UserError
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.learning.offers import OfferedFrame
from pipelines.learning.picture_keeper import QUEUED_OFFERS, KeepingPlan, PictureKeeper
from pipelines.learning.unsureness import Unsureness
from pipelines.learning.waiting_pictures import WaitingPictures
from tests.support.servers import wait_until

WIDTH, HEIGHT = 480, 272
HOUR = 3600.0


class WeakDetector:
    """`models.detection.detector.Detector` without a model: as many weak boxes as the red level of the image."""

    name = "weak"
    in_flight = 1

    def __init__(self) -> None:
        self.widths: list[int] = []
        self.closed = False

    def submit(self, image: np.ndarray) -> Future[Detections]:
        self.widths.append(image.shape[1])
        n = int(image[0, 0, 0]) // 10
        found: Future[Detections] = Future()
        xyxy = np.tile(np.array([[200, 100, 220, 120]], np.float32), (n, 1))
        found.set_result(Detections(xyxy, np.full(n, 0.1, np.float32), np.zeros(n, np.int64)))
        return found

    def close(self) -> None:
        self.closed = True


class Street:
    """A keeper of one picture an hour, and frames for it."""

    def __init__(self, folder, **plan) -> None:
        self.pictures = WaitingPictures(folder)
        self.detector = WeakDetector()
        self.keeper = PictureKeeper(
            self.pictures,
            KeepingPlan(**{"period_s": HOUR, "min_interval_s": 300.0, **plan}),
            lambda: self.detector,
            lambda camera, t: ("night" if t < HOUR else "day", "unknown"),
        )

    def keep(self, at: float, weak: int, **offer) -> int | None:
        return self.keeper.keep(offered(at, weak, **offer))

    @property
    def kept(self) -> list[tuple[str, float, int]]:
        return sorted((picture.camera, picture.at, picture.score) for picture in self.pictures)


def offered(
    at: float,
    weak: int,
    *,
    camera: str = "kuda",
    car_at: int | None = None,
    region=(0, 0, WIDTH, HEIGHT),
    image: np.ndarray | None = None,
) -> OfferedFrame:
    """Return a frame with so many weak detections, and a car whose place differs with the time."""
    if image is None:
        image = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
    image[:, :, 0] = 10 * weak
    left = int(at) % 400 if car_at is None else car_at
    car = Detections(
        np.array([[left, 40, left + 30, 60]], np.float32),
        np.array([0.7], np.float32),
        np.array([ROAD_USERS.index(RoadUser.CAR)]),
    )
    frame = VideoFrame.from_ndarray(image, format="rgb24")
    return OfferedFrame(camera, TimedFrame(at, frame), region, car, Unsureness(class_changes=1))


@pytest.fixture
def street(tmp_path) -> Street:
    return Street(tmp_path)


def test_of_each_period_only_the_most_unsure_frame_is_kept(street):
    assert street.keep(100, 3) == 0
    assert street.keep(250, 2) is None
    assert street.keep(400, 8) == 0
    assert street.keep(500, 8) is None
    assert street.kept == [("kuda", 400.0, 9)]
    assert street.keep(2 * HOUR, 1) == 2
    assert street.kept == [("kuda", 400.0, 9), ("kuda", 2 * HOUR, 2)]


def test_cameras_do_not_share_their_periods(street):
    street.keep(100, 3)
    street.keep(110, 1, camera="laut")
    assert street.kept == [("kuda", 100.0, 4), ("laut", 110.0, 2)]


def test_two_pictures_of_a_camera_are_some_minutes_apart(street):
    street.keep(HOUR - 100, 3)
    assert street.keep(HOUR + 100, 20) is None
    assert street.keep(HOUR + 250, 2) == 1


def test_nearly_the_same_picture_is_kept_once(street):
    street.keep(100, 3, car_at=50)
    assert street.keep(HOUR + 100, 3, car_at=52) is None
    assert street.keep(HOUR + 200, 3, car_at=200) == 1
    assert street.keep(2 * HOUR + 200, 3, car_at=50) is None, "the pictures before the last one count, too"


def test_after_a_restart_the_choice_goes_on(street, tmp_path):
    street.keep(100, 3, car_at=50)
    street.keep(HOUR + 400, 3, car_at=100)
    again = Street(tmp_path)
    assert again.keep(HOUR + 500, 2) is None, "less unsure than the picture of this period"
    assert again.keep(2 * HOUR + 400, 3, car_at=50) is None, "as before the restart"
    assert again.keep(HOUR + 600, 9, car_at=300) == 1
    assert again.kept == [("kuda", 100.0, 4), ("kuda", HOUR + 600, 10)]


def test_the_picture_is_the_region_that_the_detector_processes(street):
    image = np.random.default_rng(1).integers(40, 80, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    street.keep(100, 3, region=(40, 16, 440, 256), image=image)
    (picture,) = street.pictures
    stored = cv2.imread(str(street.pictures.image_path(picture.name)))
    assert stored.shape == (240, 400, 3)
    assert (picture.width, picture.height) == (400, 240)
    assert (picture.light, picture.rain, picture.network) == ("night", "unknown", "weak")
    assert [box.road_user for box in picture.boxes] == [RoadUser.CAR]


def test_a_large_frame_is_detected_smaller_and_its_boxes_return_to_its_pixels(street):
    large = np.full((1088, 1920, 3), 60, np.uint8)
    assert street.keep(100, 5, region=(0, 0, 1920, 1088), image=large) == 0
    assert street.detector.widths == [960]
    (picture,) = street.pictures
    assert picture.anonymised == 0
    assert picture.found["weak_detections"] == 5


def test_nothing_readable_is_ever_stored(street):
    """A rider so near that the face may be recognised, in the middle of fine detail."""
    image = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    frame = offered(100, 3, image=image)
    rider = Detections(
        np.array([[200, 20, 320, 250]], np.float32),
        np.array([0.6], np.float32),
        np.array([ROAD_USERS.index(RoadUser.MOTORCYCLE)]),
    )
    street.keeper.keep(OfferedFrame("kuda", frame.frame, frame.region, rider, frame.found))
    (picture,) = street.pictures
    stored = cv2.imread(str(street.pictures.image_path(picture.name)))
    assert picture.anonymised == 1
    assert stored[30:240, 210:310, 1].std() < 15
    assert stored[30:240, 350:470, 1].std() > 30


def test_the_thread_stores_pictures_and_survives_a_full_disk(tmp_path, monkeypatch):
    street = Street(tmp_path / "collected")
    (tmp_path / "collected").write_text("in the way")
    stop = threading.Event()
    thread = threading.Thread(target=street.keeper.run, args=(stop,))
    thread.start()
    try:
        assert street.keeper.offer(offered(100, 3))
        wait_until(lambda: street.detector.widths, "the first offer")
        (tmp_path / "collected").unlink()
        assert street.keeper.offer(offered(200, 4))
        wait_until(lambda: street.kept == [("kuda", 200.0, 5)], "the second offer")
    finally:
        stop.set()
        thread.join(20)
    assert street.detector.closed


def test_offers_never_wait_and_are_dropped_where_the_queue_is_full(street):
    assert [street.keeper.offer(offered(100, 1)) for _ in range(QUEUED_OFFERS + 2)] == [True] * QUEUED_OFFERS + [
        False
    ] * 2


def test_a_detector_that_cannot_be_opened_is_an_error_of_the_thread(tmp_path):
    def fail():
        raise UserError("no weights")

    keeper = PictureKeeper(WaitingPictures(tmp_path), KeepingPlan(HOUR, 0), fail, lambda *_: ("day", "dry"))
    keeper.offer(offered(100, 3))
    with pytest.raises(UserError, match="no weights"):
        keeper.run(threading.Event())
