"""NNCF for real, on a network of one convolution and on a YOLO with random weights."""

from importlib.util import find_spec

import numpy as np
import openvino as ov
import pytest
import yaml

from models.detection.openvino import OpenVinoDetector, OpenVinoNetwork
from models.detection.openvino_graph import read_network
from models.errors import UnusableWeights
from models.export import quantization as module
from models.export.accuracy_report import compare_accuracy
from models.export.quantization import has_nncf, quantize
from tests.support.tiny_network import save_tiny_network

pytestmark = pytest.mark.slow  # NNCF quantises real networks

needs_nncf = pytest.mark.skipif(not has_nncf(), reason="needs the extra `quantise` (NNCF)")


def picture(left=20, width=160, height=96):
    image = np.zeros((height, width, 3), dtype=np.uint8)
    image[30:60, left : left + 40] = 255
    return image


PICTURES = [picture(left) for left in range(0, 100, 10)] + [picture(width=224, height=128)]


def float_network(folder, **options):
    return save_tiny_network(folder / "tiny_openvino_model", convolved=True, **options)


@needs_nncf
def test_what_comes_out_is_int8_finds_the_same_and_takes_any_size(tmp_path):
    out = tmp_path / "tiny_int8_openvino_model"
    source = float_network(tmp_path)
    mark = quantize(source, PICTURES, out, mark={"calibrated_on": ["road.mp4"]})
    network = read_network(out / "model.xml")
    assert "FakeQuantize" in {node.get_type_name() for node in network.get_ops()}
    assert network.inputs[0].partial_shape == ov.PartialShape([1, 3, -1, -1])
    detector = OpenVinoDetector(OpenVinoNetwork(out))
    try:
        boxes = [detector.submit(image).result(timeout=60).xyxy for image in (picture(), picture(64, 320, 192))]
    finally:
        detector.close()
    assert boxes[0] == pytest.approx(np.array([[20, 30, 60, 60]]), abs=1)
    assert boxes[1] == pytest.approx(np.array([[64, 30, 104, 60]]), abs=1)
    metadata = yaml.safe_load((out / "metadata.yaml").read_text())
    assert metadata["quantisation"] == mark
    assert mark["pictures"] == len(PICTURES)
    assert mark["calibrated_on"] == ["road.mp4"]
    assert metadata["args"]["int8"] is True


@needs_nncf
def test_what_was_there_before_is_replaced_whole(tmp_path):
    out = tmp_path / "tiny_int8_openvino_model"
    out.mkdir()
    (out / "older.xml").write_text("")
    quantize(float_network(tmp_path), PICTURES, out)
    assert sorted(path.name for path in out.iterdir()) == ["metadata.yaml", "model.bin", "model.xml"]


@needs_nncf
def test_a_network_is_not_quantised_twice(tmp_path):
    out = tmp_path / "tiny_int8_openvino_model"
    quantize(float_network(tmp_path), PICTURES, out)
    with pytest.raises(UnusableWeights, match="quantised already"):
        quantize(out, PICTURES, tmp_path / "again")
    assert not (tmp_path / "again").exists()


@needs_nncf
def test_no_pictures_and_no_network_are_refused(tmp_path):
    with pytest.raises(UnusableWeights, match="no picture to calibrate on"):
        quantize(float_network(tmp_path), [], tmp_path / "out")
    with pytest.raises(UnusableWeights, match=r"expected one OpenVINO \.xml"):
        quantize(tmp_path / "nothing", PICTURES, tmp_path / "out")


@needs_nncf
def test_pictures_of_another_size_than_a_fixed_input_are_refused_in_one_line(tmp_path):
    source = float_network(tmp_path, size=(64, 64))
    with pytest.raises(UnusableWeights, match="cannot be quantised") as refusal:
        quantize(source, PICTURES, tmp_path / "out")
    assert "\n" not in str(refusal.value)


def test_without_nncf_the_error_names_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "has_nncf", lambda: False)
    with pytest.raises(UnusableWeights, match=r"pip install 'simpang\[quantise\]'"):
        quantize(tmp_path, PICTURES, tmp_path / "out")


@needs_nncf
def test_what_turns_numbers_into_boxes_stays_in_floating_point(shared_dir, tmp_path):
    """On a real YOLO11: nothing behind the head's last convolutions is quantised, and nothing before is left out."""
    real = next((shared_dir / "weights" / "yolo11n_int8_openvino_model").glob("*.xml"))
    names = module._operations_after_convolutions(read_network(real))
    kinds = {node.get_friendly_name(): node.get_type_name() for node in read_network(real).get_ops()}
    assert "Swish" not in {kinds.get(name) for name in names}
    assert sum(kinds.get(name) == "Convolution" for name in names) == 1
    assert "Sigmoid" in {kinds.get(name) for name in names}


@needs_nncf
@pytest.mark.skipif(find_spec("ultralytics") is None, reason="needs the extra `yolo` (ultralytics and torch)")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_yolo_with_random_weights_is_quantised_and_runs(tmp_path):
    from models.detection.ultralytics import import_ultralytics
    from models.export.exporter import export_weights

    model = import_ultralytics().YOLO("yolo11n.yaml")
    model.model.names = {i: "car" if i == 2 else f"thing {i}" for i in range(80)}
    model.save(tmp_path / "random.pt")
    original = export_weights(tmp_path / "random.pt", imgsz=160)
    noise = np.random.default_rng(1).integers(0, 255, (4, 96, 160, 3), dtype=np.uint8)
    quantize(original, noise, tmp_path / "random_int8_openvino_model")
    quantised = tmp_path / "random_int8_openvino_model"
    kept = compare_accuracy(
        *(
            lambda confidence, path=path: OpenVinoDetector(OpenVinoNetwork(path, confidence=confidence))
            for path in (original, quantised)
        ),
        list(noise),
    )
    assert kept.pictures == 4
    assert kept.shortfalls  # random weights are sure of nothing
