"""When an INT8 network may take the place of its original."""

import numpy as np
import pytest

from models.detection.openvino import OpenVinoDetector, OpenVinoNetwork
from models.export.accuracy_report import MIN_CLASS_BOXES, AccuracyReport, compare_accuracy
from models.export.detection_metrics import AveragePrecision
from models.export.detector_agreement import Agreement
from tests.support.tiny_network import save_tiny_network

GOOD = Agreement(expected=200, found=198, claimed=199, backed=196, confidence_change=-0.01)


def test_good_agreement_has_no_shortfalls():
    kept = AccuracyReport({"all": GOOD, "car": GOOD}, 40)
    assert kept.shortfalls == []
    assert kept.as_json()["agreement"]["all"]["recall"] == pytest.approx(0.99)


@pytest.mark.parametrize(
    ("agreement", "says"),
    [
        ({"all": Agreement(200, 180, 200, 198, 0.0)}, "recall 0.900"),
        ({"all": Agreement(200, 198, 200, 180, 0.0)}, "precision 0.900"),
        ({"all": Agreement(200, 198, 0, 0, 0.0)}, "precision nan"),
        ({"all": GOOD, "motorcycle": Agreement(40, 30, 40, 40, 0.0)}, "recall 0.750 of motorcycle"),
        ({"all": Agreement(5, 5, 5, 5, 0.0)}, "give more pictures"),
    ],
)
def test_too_little_agreement_is_a_shortfall(agreement, says):
    (shortfall,) = AccuracyReport(agreement, 40).shortfalls
    assert says in shortfall


def test_a_class_with_few_boxes_is_not_judged():
    few = Agreement(MIN_CLASS_BOXES - 1, 1, 1, 1, 0.0)
    assert AccuracyReport({"all": GOOD, "bus": few}, 40).shortfalls == []


def test_a_loss_of_average_precision_is_a_shortfall():
    original, less = (AveragePrecision(0.8, m, {"car": 0.8}, {"car": 10}, 10) for m in (0.50, 0.45))
    assert "mAP50-95 falls by 0.050" in AccuracyReport({"all": GOOD}, 40, original, less).shortfalls[0]
    assert AccuracyReport({"all": GOOD}, 40, less, original).shortfalls == []


def test_two_networks_are_measured_on_pictures_and_against_labels(tmp_path):
    network = opener(save_tiny_network(tmp_path / "tiny_openvino_model"))
    other = opener(save_tiny_network(tmp_path / "other_openvino_model", found_class=3))
    data = labelled_set(tmp_path / "set")
    pictures = [bright(left) for left in (10, 50, 90)]
    same = compare_accuracy(network, network, pictures, labelled=data, width=160)
    assert same.agreement["all"].recall == 1
    assert same.original == same.quantized
    assert same.original.map50 == pytest.approx(1)
    wrong = compare_accuracy(network, other, pictures, labelled=data, width=160)
    assert wrong.agreement["all"].recall == 0
    assert wrong.quantized.map50 == pytest.approx(0)


def opener(folder):
    return lambda confidence: OpenVinoDetector(OpenVinoNetwork(folder, confidence=confidence))


def bright(left):
    image = np.zeros((96, 160, 3), dtype=np.uint8)
    image[32:64, left : left + 32] = 255
    return image


def labelled_set(folder):
    """Bright rectangles, labelled as cars, twice the size of the detector's input."""
    import cv2

    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    for number, left in enumerate((16, 64)):
        large = cv2.resize(bright(left), (320, 192), interpolation=cv2.INTER_NEAREST)
        cv2.imwrite(str(folder / "images" / f"{number}.png"), large)
        (folder / "labels" / f"{number}.txt").write_text(f"1 {(left + 16) / 160} 0.5 {32 / 160} {32 / 96}\n")
    (folder / "data.yaml").write_text("path: .\nval: images\nnames: {0: person, 1: car}\n")
    return folder / "data.yaml"
