"""Choice of the backend for weights, and the errors without one."""

from contextlib import closing

import numpy as np
import pytest
from structlog.testing import capture_logs

from models.detection import loader as load
from models.detection.loader import load_detector
from models.errors import UnusableWeights
from tests.support.tiny_network import save_tiny_network


def test_an_exported_folder_runs_on_openvino_and_is_logged(tmp_path):
    folder = save_tiny_network(tmp_path / "tiny_openvino_model")
    with capture_logs() as logs:
        detector = load_detector(str(folder), cache=tmp_path)
    detector.close()
    assert detector.name == "tiny, OpenVINO CPU"
    assert [entry["model"] for entry in logs if entry["event"] == "detector ready"] == [detector.name]


def test_an_openvino_model_is_never_swapped_for_the_gpu(tmp_path):
    folder = save_tiny_network(tmp_path / "tiny")
    with pytest.raises(UnusableWeights, match=r"does not run on cuda; give the \.pt"):
        load_detector(str(folder), device="cuda", cache=tmp_path)


def test_a_gpu_that_stays_idle_is_mentioned(tmp_path, monkeypatch):
    monkeypatch.setattr(load, "nvidia_gpu_present", lambda: True)
    with capture_logs() as logs:
        load_detector(str(save_tiny_network(tmp_path / "tiny")), cache=tmp_path).close()
    assert any("though there is a GPU" in entry["event"] for entry in logs)


def test_a_pt_without_the_extra_names_the_package_to_install(tmp_path, monkeypatch):
    path = tmp_path / "yolo11n.pt"
    path.touch()
    monkeypatch.setattr(load, "has_ultralytics", lambda: False)
    with pytest.raises(UnusableWeights, match=r"pip install 'simpang\[yolo\]'"):
        load_detector(str(path), cache=tmp_path)


def test_compiled_networks_are_kept_for_the_next_start(tmp_path):
    folder = save_tiny_network(tmp_path / "tiny")
    load_detector(str(folder), cache=tmp_path / "cache").close()
    assert list((tmp_path / "cache" / "compiled").iterdir())


def test_a_detector_works_without_a_writable_cache(tmp_path):
    cache = tmp_path / "cache"
    cache.write_text("a file where a folder should be")
    image = np.zeros((96, 128, 3), np.uint8)
    image[40:60, 50:80] = 255
    with closing(load_detector(str(save_tiny_network(tmp_path / "tiny")), cache=cache)) as detector:
        assert len(detector.submit(image).result(60)) == 1
    assert cache.read_text() == "a file where a folder should be"
