"""The bundled weights detect road users in frames of new seeds, and their report describes their training."""

import json
from pathlib import Path

import pytest

from analytics.facts import IncidentType
from models.training.dataset import read_labelled_frames
from models.training.trained_weights import evaluate_weights
from simulator.training.dataset import RenderedSegment, render
from simulator.training.pipeline import TrainingPlan, segments_fingerprint
from simulator.weights import DEMO_CITY_FOLDER, DEMO_CITY_STEPS, DEMO_CITY_WEIGHTS
from simulator.world.scenario import Light

NEW_SEED = 90_001
"""First seed of the frames: neither of the training set nor of the examination set."""

PLACES = ("mata-kucing", "simpang-kuda", "pura-sei-ladi", "southlink")
"""Sites of the frames, one for each light."""


@pytest.mark.usefixtures("sumo")
def test_bundled_weights_detect_cars_and_motorcycles_under_every_light(tmp_path: Path) -> None:
    for k, (site, light) in enumerate(zip(PLACES, Light, strict=True)):
        segment = RenderedSegment(
            site=site,
            seed=NEW_SEED + k,
            light=light,
            demand=1.4,
            incident=IncidentType.WRONG_WAY,
            frames=8,
            every_s=3.0,
            enriched=False,
        )
        render(segment, tmp_path)
    classes = evaluate_weights(DEMO_CITY_WEIGHTS, read_labelled_frames(tmp_path))["classes"]
    for road_user in ("car", "motorcycle"):
        assert classes[road_user]["shown"] >= 30
        assert classes[road_user]["average_precision_50"] >= 0.85, classes


def test_the_report_states_training_and_accuracy() -> None:
    report = json.loads((DEMO_CITY_FOLDER / "report.json").read_text(encoding="utf-8"))
    assert report["int8"]["map50"] >= 0.88
    assert report["made_by"]["steps_made"] == DEMO_CITY_STEPS
    assert set(report["int8"]["classes"]) == {"car", "motorcycle", "bus", "truck", "bicycle", "person"}
    size = sum(file.stat().st_size for file in DEMO_CITY_WEIGHTS.iterdir())
    assert report["int8"]["weights_bytes"] == size < 4_000_000


def test_the_plan_renders_the_frames_of_the_report() -> None:
    """A change of names, seeds or meshes would render other frames under the same report."""
    report = json.loads((DEMO_CITY_FOLDER / "report.json").read_text(encoding="utf-8"))
    plan = TrainingPlan(seed=report["seed"])
    assert segments_fingerprint(plan.training) == report["training"]["stretches"]
    assert segments_fingerprint(plan.examination) == report["examination"]["stretches"]
