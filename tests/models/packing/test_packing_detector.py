"""Packing crops of many cameras into one canvas, with a tiny network and with a real one."""

import threading
from concurrent.futures import Future
from itertools import combinations, islice
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.detections import Detections
from models.detection.openvino import OpenVinoDetector, OpenVinoNetwork
from models.packing.crop_collage import crop_detections
from models.packing.packing_detector import PackingDetector
from models.packing.shelf_layout import CANVASES, arrange_crops, plan_canvas
from tests.support.servers import wait_until
from tests.support.tiny_network import save_tiny_network

ONE_CANVAS = ((320, 160),)
SIDES = st.integers(1, 20).map(lambda strides: 32 * strides)


def crop(left: int, size: tuple[int, int] = (160, 64)) -> np.ndarray:
    image = np.zeros((size[1], size[0], 3), np.uint8)
    image[20:40, left : left + 30] = 255
    return image


@given(st.lists(st.tuples(SIDES, SIDES), min_size=1, max_size=12))
def test_crops_on_a_canvas_lie_in_it_and_do_not_overlap(sizes):
    layout = plan_canvas(sizes, CANVASES)
    if layout is None:
        assert not any(sizes[0][0] <= width and sizes[0][1] <= height for width, height in CANVASES)
        return
    assert layout.members[0] == 0
    boxes = [(*corner, *sizes[member]) for member, corner in zip(layout.members, layout.offsets, strict=True)]
    assert all(
        left + width <= layout.canvas[0] and top + height <= layout.canvas[1] for left, top, width, height in boxes
    )
    for (a, b, c, d), (e, f, g, h) in combinations(boxes, 2):
        assert a + c <= e or e + g <= a or b + d <= f or f + h <= b


def test_one_crop_goes_on_the_smallest_canvas_that_holds_it():
    assert plan_canvas([(300, 150)], CANVASES).canvas == (320, 224)
    assert plan_canvas([(992, 32)], CANVASES) is None


def test_regions_of_a_frame_are_arranged_to_fit_a_canvas_with_few_pixels():
    _, size = arrange_crops([(256, 96)] * 4)
    assert size == (512, 192)
    corners, size = arrange_crops([(640, 96), (96, 96)])
    assert (corners, size) == (((0, 0), (0, 96)), (640, 192))
    _, size = arrange_crops([(640, 800)])
    assert size == (640, 800)


def test_a_crop_that_would_enlarge_the_canvas_too_much_stays_queued():
    """A whole picture and a small crop do not fit together; the small crop behind it may go first with its like."""
    layout = plan_canvas([(160, 64), (640, 352), (160, 64), (160, 64)], CANVASES)
    assert layout.members == (0, 2, 3)


def test_boxes_go_to_the_crop_that_holds_their_centre_and_end_at_its_edge():
    found = Detections(
        np.array([[90, 10, 120, 30], [70, 10, 110, 30], [150, 90, 190, 120]], np.float32),
        np.array([0.9, 0.8, 0.7], np.float32),
        np.zeros(3, np.int64),
    )
    left, right = crop_detections(found, 0, 0, (100, 64)), crop_detections(found, 100, 0, (100, 64))
    assert left.xyxy.tolist() == [[70, 10, 100, 30]]
    assert right.xyxy.tolist() == [[0, 10, 20, 30]]


@pytest.fixture
def packing_of():
    made = []

    def make(network, **options):
        made.append(PackingDetector(network, **options))
        return made[-1]

    yield make
    for detector in made:
        detector.close()


class BrightSpots:
    """A network that finds every white rectangle of a canvas, once it is released; records its canvases."""

    name, requests, confidence = "bright spots", 1, 0.25
    sizes: tuple[tuple[int, int], ...] = ((320, 160),)
    rare_sizes: tuple[tuple[int, int], ...] = ((480, 320), (960, 640))

    def __init__(self):
        self.go = threading.Semaphore(0)
        self.canvases = []

    def candidates(self, image):
        self.canvases.append(image)
        assert self.go.acquire(timeout=30)
        lit = (image > 200).all(axis=2)
        starts = np.argwhere(lit & ~np.roll(lit, 1, axis=1) & ~np.roll(lit, 1, axis=0))
        boxes = [[u, v, u + 30, v + 20] for v, u in starts.tolist()]
        return Detections(
            np.array(boxes, np.float32).reshape(-1, 4),
            np.full(len(boxes), 0.9, np.float32),
            np.zeros(len(boxes), np.int64),
        )


def test_crops_queued_while_the_network_is_busy_share_a_canvas_and_resolve_in_order(packing_of):
    network = BrightSpots()
    detector = packing_of(network)
    results: list[Future] = [detector.submit(crop(5))]
    wait_until(lambda: network.canvases, "the network to be called")
    results += [detector.submit(crop(left)) for left in (10, 50, 90)]
    order = []
    for n, result in enumerate(results):
        result.add_done_callback(lambda _, n=n: order.append(n))
    network.go.release(10)
    lefts = [float(result.result(timeout=30).xyxy[0, 0]) for result in results]
    assert lefts == [5, 10, 50, 90]
    assert len(network.canvases) == 2
    assert order == [0, 1, 2, 3]


def test_a_network_of_one_input_size_takes_the_whole_image_once(packing_of):
    class OneInputSize(BrightSpots):
        sizes, rare_sizes = (), ()

    network = OneInputSize()
    detector = packing_of(network)
    network.go.release(10)
    image = crop(5, (320, 64))
    found = detector.submit(image, [(0, 0, 96, 64), (96, 0, 192, 64), (192, 0, 320, 64)]).result(timeout=30)
    assert [canvas.shape for canvas in network.canvases] == [image.shape]
    assert len(found.xyxy) == 1


def test_boxes_that_cannot_be_joined_cost_that_image_alone(packing_of):
    network = BrightSpots()
    detector = packing_of(network)
    detector._without_repeats = lambda found: 1 // 0
    network.go.release(10)
    with pytest.raises(ZeroDivisionError):
        detector.submit(crop(5)).result(timeout=30)
    del detector._without_repeats
    assert len(detector.submit(crop(5)).result(timeout=30).xyxy) == 1


def test_a_rare_canvas_is_used_only_once_a_crop_fits_no_other(packing_of):
    network = BrightSpots()
    network.go.release(10)
    detector = packing_of(network)
    seen = []
    for size in ((320, 160), (160, 64), (400, 300), (160, 64), (1000, 64)):
        detector.submit(crop(5, size)).result(timeout=30)
        seen.append(network.canvases[-1].shape[1::-1])
    assert seen == [(320, 160), (320, 160), (480, 320), (320, 160), (1000, 64)]


def two_parts(left: int, second_left: int) -> tuple[np.ndarray, list[tuple[int, int, int, int]]]:
    """Image with nothing between its two parts, each with one white rectangle. It fits no canvas as a whole."""
    image = np.zeros((600, 170, 3), np.uint8)
    image[:64, :160], image[500:564, 10:170] = crop(left), crop(second_left)
    return image, [(0, 0, 160, 64), (10, 500, 170, 564)]


def test_parts_of_an_image_share_a_canvas_and_their_boxes_are_in_its_pixels(packing_of):
    network = BrightSpots()
    network.go.release(10)
    found = packing_of(network).submit(*two_parts(5, 90)).result(timeout=30)
    assert sorted(found.xyxy.tolist()) == [[5, 20, 35, 40], [100, 520, 130, 540]]
    assert [canvas.shape for canvas in network.canvases] == [(160, 320, 3)]


def test_parts_on_several_canvases_are_one_result_and_one_failure_fails_the_image(packing_of):
    class FailsOnThird(BrightSpots):
        def candidates(self, image):
            found = super().candidates(image)
            if len(self.canvases) == 3:
                raise RuntimeError("out of memory")
            return found

    network = FailsOnThird()
    network.go.release(10)
    detector = packing_of(network)
    image = np.concatenate([crop(5, ONE_CANVAS[0]), crop(7, ONE_CANVAS[0])])
    parts = [(0, 0, 320, 160), (0, 160, 320, 320)]
    assert sorted(detector.submit(image, parts).result(timeout=30).xyxy[:, :2].tolist()) == [[5, 20], [7, 180]]
    with pytest.raises(RuntimeError, match="out of memory"):
        detector.submit(image, parts).result(timeout=30)
    assert len(detector.submit(image, parts).result(timeout=30)) == 2
    assert len(network.canvases) == 6


@pytest.mark.slow
def test_with_a_batch_delay_crops_share_a_canvas(packing_of):
    network = BrightSpots()
    network.go.release(10)
    detector = packing_of(network, max_batch_delay_s=1.0)
    results = [detector.submit(crop(left)) for left in (10, 50)]
    assert [result.result(timeout=30).xyxy[0, 0] for result in results] == [10, 50]
    assert len(network.canvases) == 1
    assert detector.submit(crop(5)).result(timeout=30).xyxy[0, 0] == 5


def test_crops_wait_no_longer_than_until_canvases_are_full(packing_of):
    network = BrightSpots()
    network.go.release(100)
    detector = packing_of(network, max_batch_delay_s=3600.0)
    whole = [detector.submit(crop(7, ONE_CANVAS[0])) for _ in range(9)]
    assert whole[0].result(timeout=30).xyxy[0, 0] == 7


def test_a_failure_of_the_network_fails_only_the_crops_on_the_canvas(packing_of):
    class Failing(BrightSpots):
        def candidates(self, image):
            if image.max() < 200:
                raise RuntimeError("out of memory")
            return super().candidates(image)

    network = Failing()
    network.go.release(10)
    detector = packing_of(network)
    with pytest.raises(RuntimeError, match="out of memory"):
        detector.submit(np.zeros((64, 160, 3), np.uint8)).result(timeout=30)
    assert detector.submit(crop(7)).result(timeout=30).xyxy[0, 0] == 7


@pytest.mark.parametrize("size", [(160, 64), (320, 160), (200, 100), (700, 64)])
def test_a_tiny_network_finds_the_same_on_a_canvas_as_by_itself(tmp_path, packing_of, size):
    folder = save_tiny_network(tmp_path / "m")
    detector = packing_of(OpenVinoNetwork(folder, sizes=ONE_CANVAS))
    alone = OpenVinoDetector(OpenVinoNetwork(folder))
    for left in (0, 33, 100):
        found = detector.submit(crop(left, size)).result(timeout=30)
        assert found.xyxy == pytest.approx(alone.submit(crop(left, size)).result(timeout=30).xyxy, abs=0.01)
    alone.close()


def test_each_of_many_crops_gets_its_own_answer(tmp_path, packing_of):
    """The tiny network finds one box around all that is bright, so the canvas is of one crop's size."""
    detector = packing_of(OpenVinoNetwork(save_tiny_network(tmp_path / "m"), sizes=((160, 64),)))
    results = {left: detector.submit(crop(left)) for left in [*range(0, 120, 3)]}
    assert {left: result.result(timeout=60).xyxy[0, 0] for left, result in results.items()} == {n: n for n in results}


def test_smaller_crops_allow_more_in_flight(tmp_path, packing_of):
    detector = packing_of(OpenVinoNetwork(save_tiny_network(tmp_path / "m"), sizes=CANVASES))
    for _ in range(60):
        detector.submit(crop(0, (640, 352))).result(timeout=30)
    whole_pictures = detector.in_flight
    for _ in range(60):
        detector.submit(crop(0)).result(timeout=30)
    assert detector.in_flight > 3 * whole_pictures


def test_close_is_idempotent_and_refuses_later_crops(tmp_path):
    detector = PackingDetector(OpenVinoNetwork(save_tiny_network(tmp_path / "m"), sizes=ONE_CANVAS))
    waiting = [detector.submit(crop(3)) for _ in range(4)]
    detector.close()
    detector.close()
    assert all(result.done() for result in waiting)
    with pytest.raises(RuntimeError):
        detector.submit(crop(3))


def test_real_crops_show_the_same_beside_others_as_alone(shared_dir: Path, packing_of):
    """Of what is surely seen, nearly all; a crop that is shifted by 8 pixels agrees with itself no better (0.90)."""
    weights = shared_dir / "weights" / "yolo11n_int8_openvino_model"
    detector = packing_of(OpenVinoNetwork(weights, sizes=CANVASES))
    crops = [picture for clip in sorted((shared_dir / "clips").glob("*.mp4")) for picture in some_crops(clip)]
    alone = [detector.submit(picture).result(timeout=60) for picture in crops]
    packed = [result.result(timeout=60) for result in [detector.submit(picture) for picture in crops]]
    sure = agreed = 0
    for one, other in zip([*alone, *packed], [*packed, *alone], strict=True):
        surely = one.xyxy[one.confidence >= 0.4]
        sure += len(surely)
        agreed += sum(bool((overlap(box, other.xyxy) > 0.6).any()) for box in surely)
    assert sure > 60
    assert agreed / sure > 0.88


def some_crops(clip: Path) -> list[np.ndarray]:
    with av.open(str(clip)) as video:
        frames = list(islice(video.decode(video=0), 10, 71, 15))
    pictures = [frame.to_ndarray(format="rgb24", width=640, height=352) for frame in frames]
    return [picture[64 : 64 + 32 * (3 + n % 4), 32 * n : 32 * n + 256] for n, picture in enumerate(pictures)]


def overlap(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    sides = np.clip(np.minimum(others[:, 2:], box[2:]) - np.maximum(others[:, :2], box[:2]), 0, None)
    shared = sides.prod(axis=1)
    return shared / ((others[:, 2:] - others[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod() - shared)
