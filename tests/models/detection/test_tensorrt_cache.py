"""When an engine is built and when it is taken as it is. The build itself needs a GPU; here a file stands for it."""

import json
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
import yaml
from structlog.testing import capture_logs

from models.detection.tensorrt_cache import (
    EngineCache,
    EngineKey,
    Hardware,
    build_with_ultralytics,
    calibration_set,
    this_hardware,
)
from models.errors import UnusableWeights

T4 = Hardware("Tesla T4", "11.4.0")
PICTURES = [np.full((40, 60, 3), (250, 0, 0), dtype=np.uint8)] * 3


class Workshop:
    """Writes what it was asked for where the engine would be."""

    def __init__(self):
        self.asked = []

    def __call__(self, weights, key, pictures):
        self.asked.append((key, len(pictures)))
        engine = weights.with_suffix(".engine")
        engine.write_bytes(weights.read_bytes() + key.precision.encode())
        return engine


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "yolo11n.pt"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def workshop():
    return Workshop()


@pytest.fixture
def cache(tmp_path, workshop):
    return EngineCache(tmp_path / "engines", workshop)


def test_an_engine_is_built_once(cache, workshop, weights):
    with capture_logs() as logs:
        first = cache.find_or_build(weights, T4)
    assert any("takes minutes" in entry["event"] for entry in logs)
    assert cache.find_or_build(weights, T4) == first
    assert len(workshop.asked) == 1
    assert first.read_bytes() == b"weightsfp16"
    assert json.loads(first.with_suffix(".json").read_text())["gpu"] == "Tesla T4"


@pytest.mark.parametrize("change", [{"gpu": "NVIDIA L4"}, {"tensorrt": "11.5.0"}])
def test_another_gpu_or_tensorrt_gets_its_own(cache, workshop, weights, change):
    first = cache.find_or_build(weights, T4)
    second = cache.find_or_build(weights, replace(T4, **change))
    assert first != second
    assert len(workshop.asked) == 2
    assert cache.find_or_build(weights, T4) == first


def test_other_weights_under_the_same_name_get_their_own(cache, workshop, weights):
    first = cache.find_or_build(weights, T4)
    weights.write_bytes(b"trained further")
    assert cache.find(weights, T4) is None
    assert cache.find_or_build(weights, T4) != first


@pytest.mark.parametrize(
    "change",
    [
        {"weights_sha256": "b"},
        {"gpu": "b"},
        {"tensorrt": "b"},
        {"precision": "int8"},
        {"batch": 4},
        {"size": (320, 192)},
    ],
)
def test_whatever_an_engine_depends_on_is_in_its_key(change):
    key = EngineKey("a", "a", "a", "fp16")
    assert replace(key, **change).digest != key.digest
    assert replace(key).digest == key.digest


def test_an_int8_engine_is_taken_once_it_is_kept_and_not_before(cache, workshop, weights):
    fp16 = cache.find_or_build(weights, T4)
    built, key = cache.build(weights, T4, "int8", PICTURES)
    assert cache.find(weights, T4) == fp16
    int8 = cache.keep(weights, key, built, {"accepted": True})
    assert cache.find(weights, T4) == int8
    assert json.loads(int8.with_suffix(".json").read_text())["accepted"] is True
    assert workshop.asked[-1][1] == 3
    assert sorted(path.suffix for path in int8.parent.iterdir()) == [".engine", ".engine", ".json", ".json"]


def test_what_is_discarded_leaves_nothing(cache, weights, tmp_path):
    built, _ = cache.build(weights, T4, "int8", PICTURES)
    cache.discard(built)
    assert list((tmp_path / "engines").iterdir()) == []


def test_a_failed_build_is_one_line_of_error_and_leaves_no_files(tmp_path, weights):
    def fails(weights, key, pictures):
        (weights.parent / "half.onnx").touch()
        raise RuntimeError("TensorRT engine build failed,\ncheck logs")

    cache = EngineCache(tmp_path / "engines", fails)
    with pytest.raises(UnusableWeights, match="no TensorRT engine could be built on Tesla T4") as refusal:
        cache.find_or_build(weights, T4)
    assert "\n" not in str(refusal.value)
    assert list((tmp_path / "engines").iterdir()) == []


def test_without_tensorrt_or_a_gpu_there_is_nothing_to_build_for():
    if find_spec("tensorrt") is not None:
        pytest.skip("TensorRT is installed here")
    assert this_hardware() is None


def test_pictures_without_labels_are_laid_out_as_ultralytics_wants_them(tmp_path):
    data = calibration_set(tmp_path / "set", PICTURES)
    described = yaml.safe_load(data.read_text())
    assert len(list((tmp_path / "set" / described["val"]).glob("*.png"))) == 3
    with pytest.raises(ValueError, match="needs pictures"):
        calibration_set(tmp_path / "none", [])


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ultralytics") is None, reason="needs the extra `yolo` (ultralytics and torch)")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_ultralytics_reads_that_set_and_refuses_a_machine_without_a_gpu(tmp_path):
    import torch
    from ultralytics.data.utils import check_det_dataset

    from models.detection.ultralytics import import_ultralytics

    described = check_det_dataset(str(calibration_set(tmp_path / "set", PICTURES)), autodownload=False)
    assert described["val"] == str(tmp_path / "set" / "images")
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    import_ultralytics().YOLO("yolo11n.yaml").save(tmp_path / "random.pt")
    with pytest.raises(UnusableWeights, match="no TensorRT engine"):
        EngineCache(tmp_path / "engines", build_with_ultralytics).find_or_build(tmp_path / "random.pt", T4)
