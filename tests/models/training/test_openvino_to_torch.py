"""Weights that cannot be started from are refused with what is wrong; see test_training for those that can."""

from pathlib import Path

import pytest

pytest.importorskip("torch")

from models.errors import UnusableWeights
from models.training.openvino_to_torch import class_rows, read_convolutions
from models.weights.model_metadata import ModelMetadata
from tests.support.tiny_network import save_tiny_network


def test_classes_are_found_by_name_in_the_order_asked_for() -> None:
    assert class_rows(ModelMetadata({0: "person", 1: "bicycle", 2: "Car"}, 32), ["car", "person"]) == [2, 0]


def test_a_model_without_our_classes_is_refused() -> None:
    with pytest.raises(UnusableWeights, match="does not know bus"):
        class_rows(ModelMetadata({0: "car"}, 32), ["car", "bus"])


def test_a_network_that_ultralytics_did_not_export_is_refused(tmp_path: Path) -> None:
    xml = save_tiny_network(tmp_path, convolved=True) / "model.xml"
    with pytest.raises(UnusableWeights, match="no convolution carries the name of a torch module"):
        read_convolutions(xml)
