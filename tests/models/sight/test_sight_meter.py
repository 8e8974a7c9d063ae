"""Evidence of the sight meter on made thumbnails: vehicles, noise, flicker, shadows, glare and darkness."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.camera import Camera, Gate
from analytics.detections import Tracks
from analytics.sight import SightEvidence
from models.gating.block_motion import BLOCK_PX, Thumbnail
from models.gating.roi import roi_at
from models.sight.sight_meter import SightMeter

WIDTH, HEIGHT = 640, 352
COLUMNS, ROWS = WIDTH // BLOCK_PX, HEIGHT // BLOCK_PX
ROI = roi_at((WIDTH, HEIGHT), (0, 0, WIDTH, HEIGHT), 1.0)
CAMERA = Camera(id="c", image_size=(WIDTH, HEIGHT))

Picture = Callable[[int, Thumbnail], None]
Boxes = NDArray[np.float32]


def road(number: int, noise: float = 0.5) -> Thumbnail:
    """Brightness of an uneven road with sensor noise."""
    steady = np.random.default_rng(0).uniform(60, 140, (ROWS, COLUMNS))
    return (steady + np.random.default_rng(1 + number).normal(0, noise, steady.shape)).astype(np.float32)


def vehicle(number: int, speed: float = 2.0, row: int = 20) -> tuple[int, int, int, int]:
    """Left, top, right and bottom blocks of a vehicle."""
    left = 5 + round(speed * number)
    return left, row, left + 6, row + 4


def paint(thumbnail: Thumbnail, box: tuple[int, int, int, int], brightness: float = 230.0) -> None:
    left, top, right, bottom = box
    thumbnail[top:bottom, left:right] = brightness


def tracks(*boxes: tuple[int, int, int, int]) -> Tracks:
    xyxy = np.array(boxes, np.float32).reshape(-1, 4) * BLOCK_PX
    ids = np.arange(len(boxes))
    return Tracks(xyxy, np.ones(len(boxes), np.float32), np.zeros_like(ids), ids, ids)


def film(
    picture: Picture, found: Callable[[int], Tracks], camera: Camera = CAMERA, frames: int = 20, fps: float = 5.0
) -> list[SightEvidence]:
    meter, evidence = SightMeter(camera, ROI), []
    for number in range(frames):
        thumbnail = road(number)
        picture(number, thumbnail)
        measured = meter.measure(100 + number / fps, thumbnail, found(number))
        if measured is not None:
            evidence.append(measured)
    return evidence


def missed(evidence: list[SightEvidence]) -> tuple[int, int]:
    """Summed numbers of moving objects with and without a track."""
    return sum(each.tracked for each in evidence), sum(each.untracked for each in evidence)


def nothing(_: int) -> Tracks:
    return Tracks.empty()


def test_a_moving_vehicle_with_a_track_is_seen() -> None:
    evidence = film(lambda n, image: paint(image, vehicle(n)), lambda n: tracks(vehicle(n)))
    assert missed(evidence) == (19, 0)


@pytest.mark.parametrize("fps", [2.5, 5.0, 10.0, 25.0])
def test_a_moving_vehicle_without_a_track_is_missed_at_any_frame_rate(fps: float) -> None:
    evidence = film(lambda n, image: paint(image, vehicle(n, speed=8 / fps)), nothing, frames=round(4 * fps), fps=fps)
    tracked, _ = missed(evidence)
    untracked_s = sum(each.untracked * each.step_s for each in evidence)
    assert tracked == 0
    assert 2.0 <= untracked_s <= 8.0, "of the 4 s that it takes; its front and its rear may count apart"


def test_lamps_in_the_dark_are_missed_vehicles() -> None:
    def dark(number: int, image: Thumbnail) -> None:
        image[:] = 20.0 + 0.1 * image
        left, _, right, bottom = vehicle(number)
        paint(image, (left, bottom - 1, left + 2, bottom + 1), 200)
        paint(image, (right, bottom - 1, right + 2, bottom + 1), 200)

    assert missed(film(dark, nothing))[1] >= 10


def test_an_empty_road_with_sensor_noise_has_no_missed_vehicle() -> None:
    assert missed(film(lambda _n, _image: None, nothing, frames=100)) == (0, 0)


def test_a_lamp_that_flickers_does_not_travel() -> None:
    def flicker(number: int, image: Thumbnail) -> None:
        paint(image, vehicle(0), 230 if number % 2 else 40)

    assert missed(film(flicker, nothing, frames=60)) == (0, 0)


def test_rain_that_changes_single_blocks_does_not_travel() -> None:
    def rain(number: int, image: Thumbnail) -> None:
        rows, columns = np.random.default_rng(500 + number).integers(0, (ROWS, COLUMNS), (60, 2)).T
        image[rows, columns] += 40

    assert missed(film(rain, nothing, frames=100)) == (0, 0)


def test_a_shadow_that_moves_with_a_tracked_vehicle_is_explained() -> None:
    def shadow(number: int, image: Thumbnail) -> None:
        left, top, right, bottom = vehicle(number)
        paint(image, (left, top, right, bottom))
        paint(image, (left, bottom + 2, right, bottom + 6), 20)

    assert missed(film(shadow, lambda n: tracks(vehicle(n)))) == (19, 0)


def test_a_vehicle_that_drives_the_other_way_beside_a_tracked_one_is_missed() -> None:
    def both(number: int, image: Thumbnail) -> None:
        paint(image, vehicle(number))
        paint(image, vehicle(30 - number, row=28))

    assert missed(film(both, lambda n: tracks(vehicle(n))))[1] >= 10


def test_motion_far_from_every_gate_does_not_count() -> None:
    near, far = (Gate(id="g", p1=(300.0, v), p2=(340.0, v)) for v in (22 * 8.0, 340.0))
    counts = [
        missed(
            film(
                lambda n, image: paint(image, vehicle(n)),
                nothing,
                Camera(id="c", image_size=(WIDTH, HEIGHT), gates=(gate,)),
            )
        )
        for gate in (near, far)
    ]
    assert counts[0][1] >= 4
    assert counts[1] == (0, 0)


@pytest.mark.parametrize(
    ("change", "hidden"),
    [
        (lambda image: image, 0.0),
        (lambda image: image + 200, 1.0),
        (lambda image: 16 + 0.1 * image, 1.0),
        (lambda image: np.where(np.arange(COLUMNS) % 4 == 0, 160, 16 + 0.1 * image), 0.0),
    ],
    ids=["day", "glare", "black", "a dark street under lamps"],
)
def test_glare_and_darkness_hide_the_road(change: Callable[[Thumbnail], Thumbnail], hidden: float) -> None:
    evidence = SightMeter(CAMERA, ROI).measure(0.0, np.asarray(change(road(0)), np.float32), Tracks.empty())
    assert evidence is not None
    assert evidence.hidden == pytest.approx(hidden)


def test_samples_are_at_least_a_step_apart_and_a_gap_forgets_what_moved() -> None:
    meter = SightMeter(CAMERA, ROI)
    measured = [meter.measure(t, road(k), Tracks.empty()) for k, t in enumerate((0.0, 0.1, 0.2, 30.0, 5.0))]
    assert [each is None for each in measured] == [False, True, False, False, False]
