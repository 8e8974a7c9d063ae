"""Rounded figures of an evaluation; where it is available, compared with the reference scorer."""

import json
import random
import subprocess
import sys

from analytics.ground_truth import GroundTruth, GroundTruthCrossing
from pipelines.recordings.evaluate.case_runner import evaluation_figures, find_cases, run_scenario, score_case
from pipelines.recordings.evaluate.figures import score_figures, summarise
from pipelines.recordings.evaluate.ground_truth_io import facts_of_report, read_ground_truth
from pipelines.recordings.evaluate.scorecard import score_recording
from pipelines.recordings.recording_facts import RecordingFacts


def test_a_recording_without_crossings_does_not_raise_the_mean():
    empty, nothing = GroundTruth(duration_s=60), RecordingFacts(movements={})
    missed = GroundTruth(duration_s=60, crossings=(GroundTruthCrossing(t=1, gate="g", direction="A", road_user="car"),))
    summary = summarise([score_recording(nothing, truth) for truth in (empty, missed)])
    assert (summary.f1, summary.count_error) == (0, 1)
    assert summarise([score_recording(nothing, empty)]).f1 is None


def test_wrong_movements_have_the_keys_of_a_report():
    truth = GroundTruth(duration_s=60, movements={("N", "S"): 9})
    figures = score_figures(score_recording(RecordingFacts(movements={}), truth))
    assert figures.model_dump(mode="json", by_alias=True)["movements_wrong"] == [
        {"from": "N", "to": "S", "true": 9, "found": 0}
    ]


def test_the_json_has_cases_and_a_summary_of_each_kind(scenario):
    (case,) = find_cases(scenario)
    figures = evaluation_figures([score_case(case, run_scenario(case))])
    written = json.loads(figures.model_dump_json(by_alias=True))
    assert [row["name"] for row in written["cases"]] == ["one_car"]
    assert written["scenarios"]["count_by_class"] == {"car": {"true": 1, "found": 1, "error": 0}}
    assert (written["scenarios"]["cases"], written["clips"]["cases"]) == (1, 0)


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
        truth = read_ground_truth(path).ground_truth()
        ours = score_figures(score_recording(facts_of_report(report), truth)).model_dump(mode="json")
        assert {key: ours[key] for key in reference} == reference, path
