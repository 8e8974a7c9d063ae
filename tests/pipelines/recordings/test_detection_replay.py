"""`simpang replay` from the outside: files in, JSON out."""

import gzip
import json
import sys
from typing import Any

import pytest

from analytics.scoring.scores import score_crossings
from pipelines.cli import main
from pipelines.config.geometry_file import read_geometry
from pipelines.errors import UserError
from pipelines.recordings.detection_replay import read_detections, replay_into
from pipelines.recordings.evaluate.ground_truth_io import read_ground_truth
from pipelines.recordings.recording_facts import FactCollector

CAMERA: dict[str, Any] = {
    "name": "lab",
    "image_size": [1000, 1000],
    "control_points": [
        {"pixel": [u, v], "ground": [u / 10, v / 10]} for u, v in [(0, 0), (1000, 0), (1000, 1000), (0, 1000)]
    ],
    "gates": [{"id": "g", "p1": [500, 600], "p2": [500, 400]}],
    "zones": [
        {
            "id": "east",
            "polygon": [[100, 400], [900, 400], [900, 600], [100, 600]],
            "direction": [1, 0],
            "lanes": 2,
            "length_m": 80,
        }
    ],
}


def car(u, v=500):
    return [u - 20, v - 40, u + 20, v, 0.8, "car"]


def recording(path, lines):
    with gzip.open(path, "wt") as file:
        file.writelines(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
    return path


@pytest.fixture
def camera(tmp_path):
    path = tmp_path / "camera.json"
    path.write_text(json.dumps(CAMERA))
    return path


@pytest.fixture
def drive(tmp_path):
    """One car at 36 km/h from left to right, 10 s at 10 frames a second."""
    return recording(tmp_path / "d.jsonl.gz", [{"t": k / 10, "boxes": [car(10 * k)]} for k in range(100)])


def run(capsys, *arguments):
    """(exit status, standard output, standard error)"""
    status = 0
    try:
        main([str(a) for a in arguments])
    except SystemExit as error:
        status = int(error.code or 0)
    return status, *capsys.readouterr()


def test_report(capsys, camera, drive, tmp_path):
    out = tmp_path / "out.json"
    status, printed, _ = run(capsys, "replay", drive, "--camera", camera, "--json", out)
    report = json.loads(out.read_text())
    assert status == 0 and "g A: 1 car" in printed
    (crossing,) = report["crossings"]
    assert crossing["t"] == pytest.approx(5.0, abs=0.1) and crossing["speed_kmh"] == pytest.approx(36, abs=1)
    assert report["counts"] == [{"gate": "g", "direction": "A", "class": "car", "n": 1}]
    assert (report["frames"], report["analysed_frames"], report["duration_s"]) == (100, 100, 10.0)
    (interval,) = report["intervals"]
    assert interval["coverage"] == pytest.approx(10 / 60, abs=0.01) and interval["end_s"] == 60
    assert set(interval) >= {"zone", "flow_veh_h", "density_veh_km_lane", "occupancy", "queue_m", "queue_veh", "level"}


def test_described_roads_have_smp_saturation_and_level_of_service_and_gates_have_headways(capsys, tmp_path):
    road = {"road_type": "4/2-T", "capacity_smp_h": 3000}
    described = {**CAMERA, **{what: [{**CAMERA[what][0], **road}] for what in ("gates", "zones")}}
    camera = tmp_path / "camera.json"
    camera.write_text(json.dumps(described))
    # Two cars, 3 s apart, at 36 km/h; then an empty road to the end of the minute.
    boxes = [[car(10 * u) for u in (k, k - 30) if 0 <= u < 100] for k in range(620)]
    path = recording(tmp_path / "d.jsonl.gz", [{"t": k / 10, "boxes": row} for k, row in enumerate(boxes)])
    _, printed, _ = run(capsys, "replay", path, "--camera", camera, "--json", "-")
    report = json.loads(printed)
    first, second = report["crossings"]
    assert (first["headway_s"], second["headway_s"]) == (None, pytest.approx(3, abs=0.05))
    assert first["speed_sigma_kmh"] >= 0.5
    zone = report["intervals"][0]
    assert zone["smp_h"] == pytest.approx(120, rel=0.1)
    assert (zone["saturation"], zone["level_of_service"]) == (pytest.approx(0.04, abs=0.01), "A")
    a, b = report["gate_intervals"][:2]
    assert (a["direction"], a["smp_h"], a["headway_median_s"], a["emp_verified"]) == (
        "A",
        120,
        second["headway_s"],
        True,
    )
    assert (b["direction"], b["flow_veh_h"], b["headway_mean_s"]) == ("B", 0, None)


def without(*parts: str) -> dict[str, Any]:
    """Return the camera and its zone without these optional parts."""
    zone = {key: value for key, value in CAMERA["zones"][0].items() if key not in parts}
    return {**{key: value for key, value in CAMERA.items() if key not in parts}, "zones": [zone]}


@pytest.mark.parametrize(
    "parts",
    [("direction",), ("direction", "length_m"), ("direction", "lanes"), ("control_points",), ("gates", "lanes")],
)
def test_a_standing_car_is_reported_without_optional_geometry(capsys, tmp_path, parts):
    camera = tmp_path / "camera.json"
    camera.write_text(json.dumps(without(*parts)))
    path = recording(tmp_path / "d.jsonl.gz", [{"t": k / 2, "boxes": [car(450), car(520)]} for k in range(130)])
    status, printed, errors = run(capsys, "replay", path, "--camera", camera, "--json", "-")
    assert (status, errors) == (0, "")
    minute = json.loads(printed)["intervals"][0]
    assert minute["queue_veh"] == 2
    if {"direction", "control_points"} & set(parts):
        assert minute["queue_m"] is None
    else:
        assert minute["queue_m"] == pytest.approx(7 + 4.6, abs=0.1)


def test_a_gate_at_the_edge_of_the_picture_is_a_warning(capsys, tmp_path, drive):
    camera = tmp_path / "camera.json"
    edge = {"id": "edge", "p1": [995, 400], "p2": [995, 600]}
    camera.write_text(json.dumps({**CAMERA, "gates": [*CAMERA["gates"], edge]}))
    status, printed, errors = run(capsys, "replay", drive, "--camera", camera, "--json", "-")
    (warning,) = json.loads(printed)["warnings"]
    assert status == 0
    assert (warning["code"], warning["gates"]) == ("gate_at_edge", "edge")
    assert errors == f"Warning: {warning['text']}\n"


def test_standard_output_contains_only_the_report(capsys, camera, drive):
    status, printed, errors = run(capsys, "replay", drive, "--camera", camera, "--json", "-")
    assert status == 0 and json.loads(printed)["counts"] and errors == ""


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (['{"t": 0, "boxes": []}\n', '{"t": 1, "box\n'], "line 2: not JSON"),
        ([{"t": 0, "boxes": [[1, 2, 3, 4, 0.5, "tank"]]}], "line 1: unknown class 'tank'"),
        ([{"t": 0}], "line 1: key 'boxes' is missing"),
        ([{"t": 0, "boxes": [[1, 2, 3]]}], "line 1: a box is not [x1, y1, x2, y2, confidence, class]"),
        ([[1, 2]], "line 1: expected"),
        ([{"t": 0, "boxes": [[1, 2, "x", 4, 0.5, "car"]]}], "line 1"),
        (['{"t": 0, "boxes": [[1, 2, NaN, 4, 0.5, "car"]]}\n'], "line 1"),
        ([{"t": 1, "boxes": []}, {"t": 0.5, "boxes": []}], "line 2: t 0.5 does not come after 1"),
        (["[" * 200_000 + "\n"], "line 1: nested too deeply"),
        ([{"t": 10**400, "boxes": []}], "line 1: a number is too large"),
        ([{"t": 0, "boxes": [[10**400, 2, 3, 4, 0.5, "car"]]}], "line 1: a number is too large"),
        ([{"t": 1e300, "boxes": []}, {"t": 1e301, "boxes": []}], "line 1: t is 1e+300; give seconds"),
        (['{"t": NaN, "boxes": []}\n'], "line 1: t is nan; give seconds"),
        ([{"t": 0, "boxes": []}, {"t": 1e9, "boxes": []}], "line 2: t 1e+09 comes 1e+09 s after the frame before"),
    ],
)
def test_bad_line_is_named(capsys, camera, tmp_path, lines, complaint):
    path = recording(tmp_path / "bad.jsonl.gz", lines)
    status, printed, errors = run(capsys, "replay", path, "--camera", camera, "--json", "-")
    assert status == 2 and printed == ""
    assert errors.count("\n") == 1 and str(path) in errors and complaint in errors


def test_bad_files_are_named(capsys, camera, drive, tmp_path):
    plain, cut, nowhere = tmp_path / "plain.gz", tmp_path / "cut.gz", tmp_path / "nowhere.gz"
    plain.write_text("hello")
    cut.write_bytes(drive.read_bytes()[:-40])
    for path in (plain, cut, nowhere):
        status, _, errors = run(capsys, "replay", path, "--camera", camera)
        assert status == 2 and errors.count("\n") == 1 and str(path) in errors
    for wrong in (nowhere, plain):
        status, _, errors = run(capsys, "replay", drive, "--camera", wrong)
        assert status == 2 and errors.count("\n") == 1 and str(wrong) in errors
    status, _, errors = run(capsys, "replay", drive, "--camera", camera, "--json", tmp_path / "no" / "where.json")
    assert status == 2 and "where.json" in errors


def test_a_byte_order_mark_is_accepted(tmp_path):
    path = recording(tmp_path / "d.jsonl.gz", ["\ufeff" + json.dumps({"t": 1.7e9, "boxes": []}) + "\n"])
    assert [frame.t for frame in read_detections(path)] == [1.7e9]


def test_camera_without_gates_zones_or_calibration(capsys, drive, tmp_path):
    bare = tmp_path / "bare.json"
    bare.write_text(json.dumps({"image_size": [1000, 1000]}))
    status, printed, _ = run(capsys, "replay", drive, "--camera", bare, "--json", "-")
    report = json.loads(printed)
    assert status == 0
    assert [report[k] for k in ("crossings", "counts", "movements", "intervals", "gate_intervals", "incidents")] == [
        []
    ] * 6


def test_later_frames_change_no_earlier_alert(camera, tmp_path, capsys):
    """An alert raised from the first part of a recording is the same when the recording goes on."""
    stopped = [{"t": k / 5, "boxes": [car(min(20 * k, 500))]} for k in range(200)]
    going_on = [{"t": 40 + k / 5, "boxes": [car(500 + 20 * k)]} for k in range(20)]
    alerts = []
    for name, lines in (("short", stopped), ("long", [*stopped, *going_on])):
        path = recording(tmp_path / f"{name}.jsonl.gz", lines)
        _, printed, _ = run(capsys, "replay", path, "--camera", camera, "--json", "-")
        (incident,) = json.loads(printed)["incidents"]
        alerts.append((incident["type"], incident["start_s"], incident["detected_s"], incident["pixel"]))
    assert alerts[0] == alerts[1]


def test_a_recording_is_read_line_by_line(tmp_path):
    lines = [{"t": k, "boxes": []} for k in range(50)]
    frames = read_detections(recording(tmp_path / "d.jsonl.gz", [*lines, "broken\n"]))
    assert [next(frames).t for _ in range(50)] == list(range(50))


@pytest.mark.parametrize("name", ["night_sparse_s1"])
def test_a_simulated_scenario_scores_well(shared_dir, capsys, tmp_path, name):
    scenario = shared_dir / "truth" / "scenarios" / name
    if not scenario.is_dir():
        pytest.skip(f"needs {scenario}")
    status, printed, _ = run(
        capsys, "replay", scenario / "detections.jsonl.gz", "--camera", scenario / "camera.json", "--json", "-"
    )
    sys.path.append(str(shared_dir / "tools"))
    import score

    out, truth = json.loads(printed), json.loads((scenario / "truth.json").read_text())
    assert status == 0
    assert score.crossings(out, truth, 1.5)["f1"] >= 0.97
    assert score.incidents(out, truth)["missed"] == [] and score.incidents(out, truth)["false_alarms"] == []


@pytest.mark.parametrize(("name", "every"), [("arterial_free_s2", 1), ("intersection_s2", 2)])
def test_errors_of_speeds_match_their_stated_uncertainty(shared_dir, name, every):
    """Two thirds of normal errors are within one standard error; both far fewer and far more would mislead."""
    scenario = shared_dir / "truth" / "scenarios" / name
    if not scenario.is_dir():
        pytest.skip(f"needs {scenario}")
    geometry = read_geometry(scenario / "camera.json")
    collector = FactCollector(geometry.camera(name, geometry.image_size))
    replay_into(collector, scenario / "detections.jsonl.gz", geometry.camera(name, geometry.image_size), every=every)
    truth = read_ground_truth(scenario / "truth.json").ground_truth()
    score = score_crossings(collector.collected().crossings, truth)
    assert len(score.within_sigma) > 300
    assert 0.60 <= score.speeds_within_sigma <= 0.85


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("packed", [True, False])
def test_detections_are_the_same_unpacked_and_in_every_encoding_of_unicode(tmp_path, encoding, packed):
    content = '{"t": 0, "boxes": []}\r\n{"t": 1, "boxes": [[0, 0, 9, 9, 0.9, "car"]]}\r\n'.encode(encoding)
    path = tmp_path / "detections.jsonl.gz"
    path.write_bytes(gzip.compress(content) if packed else content)
    assert [(frame.t, len(frame.detections.xyxy)) for frame in read_detections(path)] == [(0, 0), (1, 1)]


@pytest.mark.parametrize("zeros_from", [30, -8])
def test_a_damaged_archive_is_one_line_that_asks_for_another_copy(tmp_path, zeros_from):
    lines = "".join(json.dumps({"t": number / 10, "boxes": [car(number)]}) + "\n" for number in range(2000))
    content = gzip.compress(lines.encode())
    path = tmp_path / "d.jsonl.gz"
    path.write_bytes(content[:zeros_from].ljust(len(content), b"\0"))
    with pytest.raises(UserError, match=r"line \d+: cut off or damaged .*; copy the file again"):
        list(read_detections(path))
