"""The benchmark of `street` from end to end, with a tiny network and pictures of bright rectangles."""

import json

import numpy as np
import pytest

from bench.street import street_report
from tests.support.picture_sets import add_picture
from tests.support.tiny_network import save_tiny_network


@pytest.mark.slow
def test_writes_a_flat_key_for_each_row_and_fails_where_a_target_is_missed(tmp_path, monkeypatch, capsys):
    box = (64, 32, 160, 96)
    add_picture(tmp_path / "sets" / "bogor", "day", bright=[box], labels=[(1, box)], about="juanda,Indonesia,day,wet")
    add_picture(
        tmp_path / "sets" / "bogor", "night", bright=[box], labels=[(0, box)], about="kujang,Indonesia,night,wet"
    )
    before = save_tiny_network(tmp_path / "cars", found_class=2)
    after = save_tiny_network(tmp_path / "motorcycles", found_class=3)
    report = {
        "trained_on": {"sets": [{"sources": [{"camera_groups": ["juanda"]}]}]},
        "examination": {"pictures": 7, "before": {"ap50": 0.2}, "after": {"ap50": 0.8}},
    }
    (after / "report.json").write_text(json.dumps(report))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name, value in {
        "PICTURES": tmp_path / "sets",
        "WEIGHTS": before,
        "RESULT": tmp_path / "bench" / "street.json",
        "clip_evaluations": lambda weights: {},
        "clip_frames": lambda path, count: [np.zeros((352, 640, 3), np.uint8)],
    }.items():
        monkeypatch.setattr(street_report, name, value)
    monkeypatch.setattr("sys.argv", ["street_report", "--weights", str(after), "--float", str(after)])

    assert street_report.main() == 1
    written = json.loads((tmp_path / "bench" / "street.json").read_text())
    assert (written["motorcycle_right_bogor_day"], written["before"]["motorcycle_right_bogor_day"]) == (1.0, 0.0)
    assert (written["car_right_bogor_night"], written["before"]["car_right_bogor_night"]) == (0.0, 1.0)
    assert written["map50_untrained_cameras"] == 0.0, "on the camera by night"
    assert (written["map50"], written["before"]["map50"]) == (0.8, 0.2), "as the training stated it"
    assert written["int8_ap_loss_points"] == 0.0
    assert written["look_cost_ratio"] > 0
    assert written["training_camera_groups"] == ["juanda"]
    assert {"light": "night", "class": "car"}.items() <= written["by_light_and_class"][-1].items()
    output = capsys.readouterr().out
    assert "missed" in output and "not measured" in output
