"""Prediction of the backend and advice for a faster one."""

import pytest

from models.detection import backend_advice as module
from models.detection.backend_advice import advise_backend, is_int8
from models.detection.tensorrt_cache import EngineCache, Hardware
from models.export.quantization import has_nncf, quantize
from models.weights.resolver import engine_folder
from tests.support.tiny_network import save_tiny_network

L4 = Hardware("NVIDIA L4", "11.4.0")


@pytest.fixture
def with_all_extras(monkeypatch):
    monkeypatch.setattr(module, "has_ultralytics", lambda: True)
    monkeypatch.setattr(module, "has_tensorrt", lambda: True)


@pytest.fixture
def pt(tmp_path):
    path = tmp_path / "weights" / "yolo11n.pt"
    path.parent.mkdir()
    path.write_bytes(b"weights")
    return path


def advice(weights, tmp_path, *, gpu=False, device="auto"):
    return advise_backend(weights and str(weights), device, cache=tmp_path, gpu=gpu, hardware=lambda: L4)


def test_missing_weights_have_no_advice(tmp_path):
    assert advice("yolo11n", tmp_path) is None
    assert advice("nowhere.pt", tmp_path) is None


@pytest.mark.parametrize("weights", [None, "street", "demo-city"])
def test_bundled_weights_are_here_always(tmp_path, weights):
    assert advice(weights, tmp_path).description == "OpenVINO INT8 on the CPU"


def test_a_float_network_on_the_cpu_is_advised_to_become_int8(tmp_path):
    path = advice(save_tiny_network(tmp_path / "tiny_openvino_model"), tmp_path)
    assert path.description == "OpenVINO float on the CPU"
    assert "--int8" in path.suggestion


@pytest.mark.slow
@pytest.mark.skipif(not has_nncf(), reason="needs the extra `quantise` (NNCF)")
def test_int8_on_the_cpu_needs_no_suggestion(tmp_path):
    import numpy as np

    source = save_tiny_network(tmp_path / "tiny_openvino_model", convolved=True)
    quantize(source, [np.zeros((64, 64, 3), np.uint8)], tmp_path / "tiny_int8_openvino_model")
    assert not is_int8(source)
    path = advice(tmp_path / "tiny_int8_openvino_model", tmp_path)
    assert (path.description, path.suggestion) == ("OpenVINO INT8 on the CPU", "")


def test_the_default_weights_are_advised_to_become_a_pt_for_a_gpu(tmp_path, pt, with_all_extras):
    assert "models export street --to pt" in advice(None, tmp_path, gpu=True).suggestion
    pt.rename(pt.with_name("street.pt"))
    assert "TensorRT" in advice(None, tmp_path, gpu=True).description


def test_an_openvino_network_leaves_a_gpu_idle(tmp_path):
    assert "GPU is used" in advice(save_tiny_network(tmp_path / "tiny"), tmp_path, gpu=True).suggestion


def test_a_pt_on_the_cpu_is_advised_to_become_int8(tmp_path, pt):
    path = advice(pt, tmp_path)
    assert path.description == "torch on the CPU"
    assert "--int8" in path.suggestion
    assert advice(pt, tmp_path, gpu=True, device="cpu").description == "torch on the CPU"


def test_a_gpu_without_tensorrt_is_advised_to_get_it(tmp_path, pt, with_all_extras, monkeypatch):
    monkeypatch.setattr(module, "has_tensorrt", lambda: False)
    path = advice("yolo11n", tmp_path, gpu=True)
    assert path.description == "torch in FP16 on the GPU"
    assert "tensorrt" in path.suggestion


def test_a_missing_engine_is_predicted_to_be_built_and_then_found(tmp_path, pt, with_all_extras):
    before = advice("yolo11n", tmp_path, gpu=True)
    assert before.builds_first
    assert "models export yolo11n --to engine" in before.suggestion

    def build(weights, key, pictures):
        engine = weights.with_suffix(".engine")
        engine.write_bytes(b"engine")
        return engine

    engines = EngineCache(engine_folder(tmp_path), build)
    engines.find_or_build(pt, L4)
    after = advice("yolo11n", tmp_path, gpu=True)
    assert (after.description, after.builds_first) == ("TensorRT FP16 on NVIDIA L4", False)
    built, key = engines.build(pt, L4, "int8")
    engines.keep(pt, key, built)
    assert advice("yolo11n", tmp_path, gpu=True).description == "TensorRT INT8 on NVIDIA L4"


def test_a_driver_fault_is_part_of_the_advice(tmp_path, pt, with_all_extras):
    path = advise_backend("yolo11n", cache=tmp_path, gpu=True, hardware=lambda: None)
    assert "check the driver" in path.suggestion
