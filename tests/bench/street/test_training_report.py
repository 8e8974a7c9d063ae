"""Report of a training: its camera groups, and the figures of its held-back pictures."""

import json

from bench.street.training_report import TrainingReport, read_training_report

CONTENT = {
    "trained_on": {
        "sets": [{"sources": [{"camera_groups": ["juanda", "kujang"]}, {"camera_groups": ["toll"]}]}],
        "held_back": {"camera_groups": ["kujang"]},
    },
    "examination": {
        "pictures": 15,
        "before": {"ap50": 0.2, "classes": {"motorcycle": {"ap50": 0.1}}},
        "after": {"ap50": 0.7, "classes": {"motorcycle": {"ap50": 0.8}}},
        "int8_and_float": {"loss_points": 0.4},
    },
}


def test_held_back_cameras_are_trained_only_by_a_finish_on_all():
    assert TrainingReport(CONTENT).trained_groups == {"juanda", "toll"}
    finished = {**CONTENT, "finish_on_all_pictures": {"int8_and_float": {"loss_points": 0.1}}}
    assert TrainingReport(finished).trained_groups == {"juanda", "kujang", "toll"}
    assert (TrainingReport(CONTENT).int8_loss_points, TrainingReport(finished).int8_loss_points) == (0.4, 0.1)


def test_figures_of_held_back_pictures_are_read_by_network_and_class():
    report = TrainingReport(CONTENT)
    assert (report.held_back("before", "ap50"), report.held_back_pictures) == (0.2, 15)
    assert report.held_back("after", "classes", "motorcycle", "ap50") == 0.8
    assert report.held_back("after", "classes", "bus", "ap50") is None


def test_the_report_lies_in_the_folder_of_the_weights_or_beside_it(tmp_path):
    weights = tmp_path / "street_int8_openvino_model"
    weights.mkdir()
    assert read_training_report(weights).trained_groups == frozenset()
    (tmp_path / "report.json").write_text(json.dumps(CONTENT))
    assert read_training_report(weights).trained_groups == {"juanda", "toll"}
    assert read_training_report(weights / "model.xml").held_back_pictures == 15
