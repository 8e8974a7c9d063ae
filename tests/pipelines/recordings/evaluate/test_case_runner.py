"""Finding cases and scoring reports; our figures against the reference scorer where it is at hand."""

import gzip
import io
import json
import random
import subprocess
import sys

import pytest
from rich.console import Console

from analytics.ground_truth import GroundTruth, GroundTruthCrossing
from pipelines.commands.evaluate import show
from pipelines.errors import UserError
from pipelines.recordings.evaluate.case_runner import as_json, find_cases, judge, run_scenario
from pipelines.recordings.evaluate.ground_truth_io import read_truth
from pipelines.recordings.evaluate.html_report import page
from pipelines.recordings.evaluate.scorecard import score_report, summarise

CAMERA = {"image_size": [640, 360], "gates": [{"id": "g", "p1": [0, 180], "p2": [640, 180]}]}
TRUTH = {
    "duration_s": 10.0,
    "crossings": [{"t": 4.0, "gate": "g", "direction": "A", "class": "car"}],
    "incidents": [{"type": "wrong_way", "start_s": 3.0, "end_s": 6.0}],
}


def one_car_driving_down():
    """100 frames at 10 a second; its bottom edge passes v = 180 at t = 4."""
    for k in range(100):
        v = 100 + 20 * k / 10
        yield {"t": k / 10, "boxes": [[300, v - 40, 360, v, 0.9, "car"]]}


@pytest.fixture
def scenario(tmp_path):
    folder = tmp_path / "one_car"
    folder.mkdir()
    (folder / "camera.json").write_text(json.dumps(CAMERA))
    (folder / "truth.json").write_text(json.dumps(TRUTH))
    with gzip.open(folder / "detections.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(frame) + "\n" for frame in one_car_driving_down())
    return folder


def test_a_scenario_is_found_run_and_scored(scenario):
    (case,) = find_cases(scenario.parent)
    evaluation = judge(case, run_scenario(case))
    figures = evaluation.figures()
    assert (figures["name"], figures["f1"], figures["analysed_frames"]) == ("one_car", 1.0, 100)
    assert figures["missed"] == [["wrong_way", 3.0]]
    assert as_json([evaluation])["scenarios"]["incidents"]["wrong_way"]["true"] == 1


def test_frames_can_be_left_out(scenario):
    (case,) = find_cases(scenario)
    assert run_scenario(case, every=4)["analysed_frames"] == 25


def test_a_clip_is_found_beside_its_truth_or_in_the_clips_folder(tmp_path):
    truth = tmp_path / "truth" / "clips"
    truth.mkdir(parents=True)
    (tmp_path / "clips").mkdir()
    (truth / "here.json").write_text(json.dumps({"clip": "here.mp4", "duration_s": 1.0}))
    (truth / "there.json").write_text(json.dumps({"clip": "there.mp4", "duration_s": 1.0}))
    (truth / "other.json").write_text("[]")
    (truth / "here.mp4").touch()
    (tmp_path / "clips" / "there.mp4").touch()
    cases = find_cases(tmp_path)
    assert [case.name for case in cases] == ["here", "there"]
    assert cases[1].source.samefile(tmp_path / "clips" / "there.mp4")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", '{"clip": "gone.mp4"}', "gone.mp4 is not in"),
        ("a.json", "{", "cannot be read as JSON"),
        ("a.txt", "", "no case here"),
    ],
)
def test_a_folder_without_usable_cases_is_refused(tmp_path, name, content, said):
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=said):
        find_cases(tmp_path)


def test_a_truth_with_a_slip_is_refused_by_name(tmp_path):
    (tmp_path / "truth.json").write_text('{"duration_s": 3, "crossings": [{"t": 1, "gate": "g", "direction": "C"}]}')
    with pytest.raises(UserError, match=r"truth\.json: crossings\[0\]"):
        read_truth(tmp_path / "truth.json")


def test_table_and_page_show_every_case(scenario):
    (case,) = find_cases(scenario)
    evaluation = judge(case, run_scenario(case))
    console = Console(width=80, file=io.StringIO())
    show([evaluation], console)
    assert "one_car" in console.file.getvalue()
    html = page([evaluation], every=1)
    assert "one_car" in html
    assert "src=" not in html
    assert "href=" not in html


def test_a_recording_without_crossings_does_not_lift_the_mean():
    empty = GroundTruth(duration_s=60)
    nothing = {"crossings": [], "incidents": [], "intervals": [], "movements": []}
    missed = GroundTruth(duration_s=60, crossings=(GroundTruthCrossing(t=1, gate="g", direction="A", road_user="car"),))
    summary = summarise([score_report(nothing, truth) for truth in (empty, missed)])
    assert (summary["f1"], summary["count_error"]) == (0, 1)
    assert summarise([score_report(nothing, empty)])["f1"] is None


def garbled(truth, seed):
    """A report like the truth, with misses, extras, slips of class and time, wrong figures and odd alerts."""
    rng = random.Random(seed)
    kinds = ["car", "motorcycle", "bus", "truck"]
    crossings = [
        row | {"t": row["t"] + rng.gauss(0, 0.8), "class": rng.choice([row["class"], row["class"], rng.choice(kinds)])}
        for row in truth["crossings"]
        if rng.random() < 0.85
    ]
    crossings += [row | {"t": rng.uniform(0, truth["duration_s"])} for row in crossings if rng.random() < 0.1]
    incidents = truth["incidents"] + truth.get("ignored_incidents", [])
    alerts = [row | {"detected_s": row["start_s"] + rng.uniform(-20, 90)} for row in incidents for _ in range(2)]
    alerts += [{"type": "wrong_way", "zone": None, "start_s": 5.0, "detected_s": 6.0}]
    intervals = [
        {key: value * rng.uniform(0.6, 1.4) if isinstance(value, float) else value for key, value in row.items()}
        | {"coverage": 1.0, "level": rng.choice(["free", "jammed", "unknown"]), "zone": row["zone"]}
        for row in truth.get("intervals", [])
        if rng.random() < 0.9
    ]
    return {
        "crossings": [{"track": 1, "speed_kmh": None} | row for row in crossings],
        "incidents": [{"zone": None, "end_s": None, "pixel": [0, 0], "confidence": 1} | row for row in alerts],
        "intervals": intervals,
        "movements": [],
    }


def test_our_figures_are_those_of_the_reference_scorer(shared_dir, tmp_path):
    paths = [*shared_dir.glob("truth/clips/*.json"), *shared_dir.glob("truth/scenarios/*/truth.json")]
    assert paths
    for seed, path in enumerate(sorted(paths)):
        report = garbled(json.loads(path.read_text()), seed)
        (tmp_path / "out.json").write_text(json.dumps(report))
        scorer = [sys.executable, shared_dir / "tools" / "score.py", tmp_path / "out.json", path, "--json"]
        reference = json.loads(subprocess.run(scorer, capture_output=True, check=True, timeout=60).stdout)
        ours = score_report(report, read_truth(path).truth()).figures()
        assert {key: ours[key] for key in reference} == reference, path
