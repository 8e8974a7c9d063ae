"""An exported network becomes a .pt that detects the same, for a machine whose GPU runs no OpenVINO."""

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("ultralytics")

from models.detection.openvino_graph import core, read_network
from models.errors import UnusableWeights
from models.export.torch_copy import write_torch_copy
from models.weights.bundled import STREET_WEIGHTS
from tests.support.tiny_network import save_tiny_network


def test_the_copy_scores_as_the_export_does(tmp_path: Path) -> None:
    import torch

    from models.detection.ultralytics import import_ultralytics

    path = write_torch_copy(STREET_WEIGHTS, tmp_path / "weights" / "street.pt")
    image = np.full((320, 320, 3), 110, np.uint8)
    for left in range(20, 260, 80):
        cv2.rectangle(image, (left, 120), (left + 50, 160), (30, 30, 160), -1)
        cv2.circle(image, (left + 10, 160), 8, (10, 10, 10), -1)
    tensor = image.transpose(2, 0, 1)[None].astype(np.float32) / 255
    expected = core().compile_model(read_network(STREET_WEIGHTS / "street.xml"), "CPU")(tensor)[0][0]
    network = import_ultralytics().YOLO(path).model.eval()
    with torch.inference_mode():
        got = network(torch.from_numpy(tensor))[0][0].numpy()
    assert np.corrcoef(np.log(got[4:].max(axis=0)), np.log(expected[4:].max(axis=0)))[0, 1] > 0.9


def test_another_network_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UnusableWeights) as refusal:
        write_torch_copy(save_tiny_network(tmp_path / "tiny_openvino_model"), tmp_path / "tiny.pt")
    assert "\n" not in str(refusal.value)
