"""The OpenVINO backend on tiny networks that really run."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from analytics.road_users import ROAD_USERS, RoadUser
from models.detection.openvino import OpenVinoDetector, OpenVinoNetwork
from models.errors import UnusableWeights
from tests.house.rules import REPOSITORY
from tests.support.tiny_network import save_tiny_network


def picture(left: int = 60, size: tuple[int, int] = (200, 100)) -> np.ndarray:
    image = np.zeros((size[1], size[0], 3), np.uint8)
    image[30:50, left : left + 40] = 255
    return image


@pytest.fixture
def detector_of():
    """Makes detectors and closes them."""
    made = []

    def make(*args, **kwargs):
        made.append(OpenVinoDetector(OpenVinoNetwork(*args, **kwargs)))
        return made[-1]

    yield make
    for detector in made:
        detector.close()


@pytest.mark.parametrize("end_to_end", [False, True])
@pytest.mark.parametrize("fixed_size", [None, (128, 96), (640, 640)])
def test_both_heads_with_any_input_find_the_box_in_picture_pixels(tmp_path, detector_of, end_to_end, fixed_size):
    folder = save_tiny_network(tmp_path / "m", end_to_end=end_to_end, size=fixed_size)
    found = detector_of(folder).submit(picture()).result(timeout=30)
    assert found.xyxy[0] == pytest.approx([60, 30, 100, 50], abs=2.0 if fixed_size else 0.01)
    assert found.confidence == pytest.approx([0.9], abs=1e-3)
    assert ROAD_USERS[found.class_id[0]] is RoadUser.CAR


@pytest.mark.parametrize("end_to_end", [False, True])
def test_a_network_made_for_one_size_finds_the_same(tmp_path, detector_of, end_to_end):
    folder = save_tiny_network(tmp_path / "m", end_to_end=end_to_end)
    for image_size, error in (((192, 96), 0.01), ((200, 100), 0.5)):
        found = detector_of(folder, image_size=image_size).submit(picture(size=image_size)).result(timeout=30)
        assert found.xyxy[0] == pytest.approx([60, 30, 100, 50], abs=error)


def test_rare_sizes_are_compiled_at_first_use_and_find_the_same(tmp_path):
    folder, cache = save_tiny_network(tmp_path / "m"), tmp_path / "cache"
    network = OpenVinoNetwork(
        folder, sizes=((160, 96), (192, 96)), rare_sizes=((224, 128), (256, 128)), cache_dir=cache
    )
    compiled = [len(list(cache.glob("*.blob")))]
    for size in ((192, 96), (224, 128), (224, 128), (200, 100), (256, 128), (300, 100)):
        with ThreadPoolExecutor(4) as threads:
            for found in threads.map(network.candidates, [picture(size=size)] * 4):
                assert found.xyxy[0] == pytest.approx([60, 30, 100, 50], abs=0.01)
        compiled.append(len(list(cache.glob("*.blob"))))
    assert compiled == [2, 2, 3, 3, 4, 5, 5]


def test_the_xml_itself_may_be_given(tmp_path, detector_of):
    folder = save_tiny_network(tmp_path / "m")
    assert len(detector_of(folder / "model.xml").submit(picture()).result(timeout=30)) == 1


def test_an_empty_picture_has_no_detections(tmp_path, detector_of):
    detector = detector_of(save_tiny_network(tmp_path / "m"))
    assert len(detector.submit(np.zeros((64, 64, 3), np.uint8)).result(timeout=30)) == 0


def test_pictures_of_many_sizes_share_one_network(tmp_path, detector_of):
    detector = detector_of(save_tiny_network(tmp_path / "m"))
    for width in (128, 333, 640, 128):
        found = detector.submit(picture(size=(width, 64))).result(timeout=30)
        assert found.xyxy[0] == pytest.approx([60, 30, 100, 50], abs=0.01)


def test_confidence_is_a_threshold(tmp_path, detector_of):
    folder = save_tiny_network(tmp_path / "m")
    assert len(detector_of(folder, confidence=0.95).submit(picture()).result(timeout=30)) == 0


def test_classes_that_are_no_road_users_are_dropped(tmp_path, detector_of):
    folder = save_tiny_network(tmp_path / "m", found_class=1)
    assert len(detector_of(folder).submit(picture()).result(timeout=30)) == 0


def test_many_threads_get_each_their_own_answer(tmp_path, detector_of):
    """More pictures from more threads than there are requests; also the case that hung the binding at first use."""
    detector = detector_of(save_tiny_network(tmp_path / "m"))

    def left_edge(left: int) -> float:
        return float(detector.submit(picture(left)).result(timeout=60).xyxy[0, 0])

    lefts = [*range(0, 150, 5)] * 4
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(left_edge, lefts)) == lefts


@pytest.mark.slow
def test_ctrl_c_is_survived_after_detectors_came_and_went(tmp_path):
    """In a process of its own, as it crashed once: see `_core`."""
    save_tiny_network(tmp_path / "m")
    program = """
import faulthandler, gc, signal, sys
from pathlib import Path
from models.detection.openvino import OpenVinoDetector, OpenVinoNetwork

faulthandler.enable()
first = OpenVinoDetector(OpenVinoNetwork(Path(sys.argv[1])))
second = OpenVinoDetector(OpenVinoNetwork(Path(sys.argv[1])))
first.close()
del first
gc.collect()
second.close()
del second
gc.collect()
signal.signal(signal.SIGINT, signal.default_int_handler)  # where tests run in the background, it is ignored
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("survived")
"""
    run = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "m"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.stdout == "survived\n", run.stderr


def test_closing_twice_is_fine_and_later_pictures_are_refused(tmp_path):
    detector = OpenVinoDetector(OpenVinoNetwork(save_tiny_network(tmp_path / "m")))
    waiting = [detector.submit(picture()) for _ in range(detector.in_flight)]
    detector.close()
    detector.close()
    assert all(len(future.result(timeout=0)) == 1 for future in waiting)
    with pytest.raises(RuntimeError):
        detector.submit(picture())


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"task": "classify"}, "task 'classify'"),
        ({"names": {0: "zebra"}}, "knows none of"),
        ({"names": {0: "car"}}, r"expected a detection model .* gives \[1, 5, N\]"),
    ],
)
def test_a_model_of_the_wrong_kind_is_refused_in_one_line(tmp_path, metadata, words):
    folder = save_tiny_network(tmp_path / "m", metadata=metadata)
    with pytest.raises(UnusableWeights, match=words) as refusal:
        OpenVinoDetector(OpenVinoNetwork(folder))
    assert "\n" not in str(refusal.value)
    assert str(tmp_path) in str(refusal.value)


def test_files_that_are_no_model_are_refused(tmp_path):
    folder = save_tiny_network(tmp_path / "m")
    with pytest.raises(UnusableWeights, match=r"expected one OpenVINO \.xml"):
        OpenVinoDetector(OpenVinoNetwork(tmp_path))
    with pytest.raises(UnusableWeights, match=r"expected one OpenVINO \.xml"):
        OpenVinoDetector(OpenVinoNetwork(folder / "model.bin"))
    (folder / "model.xml").write_text("<html>not a network</html>")
    with pytest.raises(UnusableWeights, match="cannot read"):
        OpenVinoDetector(OpenVinoNetwork(folder))


def test_a_device_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UnusableWeights, match=r"on NPU.*devices here: .*CPU"):
        OpenVinoDetector(OpenVinoNetwork(save_tiny_network(tmp_path / "m"), device="NPU"))
