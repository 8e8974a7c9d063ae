"""The committed weights see what is rendered now, of seeds that they were neither trained nor examined on."""

import json
from pathlib import Path

import pytest

from analytics.facts import IncidentType
from models.training.dataset import read_labelled_frames
from models.weights.bundled import DEMO_CITY_FOLDER, DEMO_CITY_STEPS, DEMO_CITY_WEIGHTS
from simulator.training.dataset import RenderedSegment, render
from simulator.training.release import evaluate_weights
from simulator.world.scenario import Light

NEW_SEED = 90_001
PLACES = ("mata-kucing", "simpang-kuda", "pura-sei-ladi", "southlink")


@pytest.mark.usefixtures("sumo")
def test_they_find_who_is_on_the_road_by_day_and_night_and_in_the_rain(tmp_path: Path) -> None:
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
    told = evaluate_weights(DEMO_CITY_WEIGHTS, read_labelled_frames(tmp_path))["classes"]
    for often in ("car", "motorcycle"):
        assert told[often]["shown"] >= 30
        assert told[often]["average_precision_50"] >= 0.85, told


def test_the_report_tells_how_they_were_made_and_examined() -> None:
    report = json.loads((DEMO_CITY_FOLDER / "report.json").read_text(encoding="utf-8"))
    assert report["int8"]["map50"] >= 0.88
    assert report["made_by"]["steps_made"] == DEMO_CITY_STEPS
    assert set(report["int8"]["classes"]) == {"car", "motorcycle", "bus", "truck", "bicycle", "person"}
    size = sum(file.stat().st_size for file in DEMO_CITY_WEIGHTS.iterdir())
    assert report["int8"]["weights_bytes"] == size < 4_000_000
