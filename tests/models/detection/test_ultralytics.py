"""ultralytics with torch on the CPU, on a small network with random weights; nothing is downloaded."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from models.detection.loader import load_detector
from models.detection.openvino import OpenVinoDetector, OpenVinoNetwork
from models.detection.tensorrt_cache import Hardware
from models.detection.ultralytics import UltralyticsDetector, _reduced_size
from models.errors import UnusableWeights
from models.export.exporter import export_weights

pytestmark = [
    pytest.mark.slow,  # torch
    pytest.mark.skipif(find_spec("ultralytics") is None, reason="needs the extra `yolo` (ultralytics and torch)"),
    # torch and ultralytics warn about their own use of each other
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]

COCO_BEGINS_WITH = {0: "person", 1: "bicycle", 2: "car", 3: "motorcycle", 5: "bus", 7: "truck"}
PICTURE = np.random.default_rng(1).integers(0, 255, (96, 160, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory):
    """yolo11n with random weights as a .pt."""
    from models.detection.ultralytics import import_ultralytics

    return saved(import_ultralytics().YOLO("yolo11n.yaml"), tmp_path_factory.mktemp("weights") / "random.pt")


def saved(model, path):
    """With the class names of COCO, which a network from a .yaml lacks."""
    model.model.names = {i: COCO_BEGINS_WITH.get(i, f"thing {i}") for i in range(80)}
    model.save(path)
    return path


def test_a_pt_runs_on_the_cpu_where_there_is_no_gpu(random_weights, tmp_path):
    detector = load_detector(str(random_weights), confidence=1e-6, cache=tmp_path)
    try:
        found = [detector.submit(PICTURE) for _ in range(3)]
        counts = [len(future.result(timeout=120)) for future in found]
    finally:
        detector.close()
    assert detector.name.startswith("random, ultralytics c")
    assert counts[0] == counts[1] == counts[2] > 0


def test_boxes_lie_within_the_picture(random_weights, tmp_path):
    detector = load_detector(str(random_weights), device="cpu", confidence=1e-6, cache=tmp_path)
    try:
        found = detector.submit(PICTURE).result(timeout=120)
    finally:
        detector.close()
    assert (found.xyxy >= 0).all()
    assert (found.xyxy <= [160, 96, 160, 96]).all()


def test_pictures_of_many_sizes_that_wait_together_are_found_as_each_alone(random_weights):
    """A canvas common to two pictures adds grey beside the smaller one, which changes little within it."""
    sizes = [(96, 160), (96, 160), (64, 224), (128, 96), (96, 160), (60, 90)]
    random = np.random.default_rng(2)
    pictures = [random.integers(0, 255, (*size, 3), dtype=np.uint8) for size in sizes]
    alone = UltralyticsDetector(random_weights, confidence=1e-6, device="cpu", max_batch=1)
    together = UltralyticsDetector(random_weights, confidence=1e-6, device="cpu", max_batch=4)
    try:
        expected = [alone.submit(picture).result(timeout=120) for picture in pictures]
        found = [future.result(timeout=120) for future in [together.submit(picture) for picture in pictures]]
    finally:
        alone.close()
        together.close()
    assert (alone.in_flight, together.in_flight) == (2, 8)
    for (height, width), mine, theirs in zip(sizes, found, expected, strict=True):
        assert len(mine) > 0
        assert (mine.xyxy <= [width, height, width, height]).all()
        assert mine.confidence.max() == pytest.approx(theirs.confidence.max(), rel=0.2)


def test_pictures_that_lie_on_the_device_are_found_as_others_are(random_weights):
    import torch

    detector = UltralyticsDetector(random_weights, confidence=1e-6, device="cpu")
    try:
        expected = detector.submit(PICTURE).result(timeout=120)
        found = detector.submit(torch.from_numpy(PICTURE)).result(timeout=120)
        broken = detector.submit(torch.zeros((96, 160, 4), dtype=torch.uint8))
        with pytest.raises(RuntimeError):
            broken.result(timeout=120)
        again = detector.submit(PICTURE).result(timeout=120)
    finally:
        detector.close()
    assert np.array_equal(found.xyxy, expected.xyxy)
    assert np.array_equal(again.xyxy, expected.xyxy)
    with pytest.raises(RuntimeError, match="closed"):
        detector.submit(PICTURE)


def test_an_image_larger_than_the_engine_is_reduced():
    assert _reduced_size((640, 384), (1280, 768)) is None
    assert _reduced_size((1280, 768), (1280, 768)) is None
    assert _reduced_size((2560, 160), (1280, 768)) == (1280, 80)
    assert _reduced_size((1000, 1536), (1280, 768)) == (500, 768)


def test_an_export_to_openvino_finds_what_the_pt_finds(random_weights, tmp_path):
    exported = export_weights(random_weights, to="openvino", imgsz=160)
    theirs = load_detector(str(random_weights), device="cpu", confidence=1e-6, cache=tmp_path)
    ours = OpenVinoDetector(OpenVinoNetwork(exported, confidence=1e-6))
    try:
        expected, found = (detector.submit(PICTURE).result(timeout=120) for detector in (theirs, ours))
    finally:
        theirs.close()
        ours.close()
    best, ours_best = expected.xyxy[expected.confidence.argmax()], found.xyxy[found.confidence.argmax()]
    assert ours_best == pytest.approx(best, abs=1.0)
    assert found.confidence.max() == pytest.approx(expected.confidence.max(), rel=0.05)


@pytest.mark.filterwarnings("ignore")  # torch traces this head with warnings that are its own business
@pytest.mark.parametrize("dynamic", [False, True])
def test_the_end_to_end_head_that_ultralytics_exports_runs(tmp_path, dynamic):
    from models.detection.ultralytics import import_ultralytics

    yolo = import_ultralytics().YOLO
    path = saved(yolo("yolo26n.yaml"), tmp_path / "random26.pt")
    exported = Path(yolo(path).export(format="openvino", imgsz=192, dynamic=dynamic, nms=False, verbose=False))
    detector = OpenVinoDetector(OpenVinoNetwork(exported, confidence=1e-9))
    try:
        found = detector.submit(np.tile(PICTURE, (3, 2, 1))).result(timeout=120)
    finally:
        detector.close()
    assert len(found) > 0
    assert (found.xyxy <= [320, 288, 320, 288]).all()


def test_other_tasks_are_refused(tmp_path):
    from models.detection.ultralytics import import_ultralytics

    path = tmp_path / "classifier.pt"
    import_ultralytics().YOLO("yolo11n-cls.yaml").save(path)
    with pytest.raises(UnusableWeights, match="task 'classify'"):
        load_detector(str(path), device="cpu", cache=tmp_path)


@pytest.mark.parametrize("name", ["broken.pt", "broken.onnx"])
def test_a_file_that_is_no_model_is_refused_in_one_line(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"this is no network")
    with pytest.raises(UnusableWeights, match=name) as refusal:
        load_detector(str(path), device="cpu", cache=tmp_path)
    assert "\n" not in str(refusal.value)


def test_only_a_pt_is_exported(tmp_path):
    with pytest.raises(UnusableWeights, match=r"only a \.pt"):
        export_weights(tmp_path / "model.onnx")


def test_where_no_engine_can_be_built_torch_runs_the_weights_with_a_warning(random_weights, tmp_path, monkeypatch):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    monkeypatch.setattr("models.detection.tensorrt_cache.this_hardware", lambda: Hardware("NVIDIA L4", "11.4.0"))
    with capture_logs() as logs:
        detector = load_detector(str(random_weights), confidence=1e-6, cache=tmp_path)
    try:
        assert len(detector.submit(PICTURE).result(timeout=120)) > 0
    finally:
        detector.close()
    assert any("torch runs these weights" in entry["event"] for entry in logs)
    assert list((tmp_path / "engines").iterdir()) == []


def test_a_gpu_that_is_asked_for_must_exist(random_weights, tmp_path):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(UnusableWeights, match="finds no GPU"):
        load_detector(str(random_weights), device="cuda", cache=tmp_path)
