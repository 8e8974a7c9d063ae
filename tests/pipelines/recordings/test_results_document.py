"""docs/results.md names every key that programs write and read."""

import re
from pathlib import Path

from pydantic import BaseModel

from analytics.camera import Camera, Gate
from analytics.facts import Crossing, Direction, GateInterval, Incident, IncidentType, Level, ZoneInterval
from analytics.measures import measures_of
from analytics.road_users import RoadUser
from pipelines.recordings.count_report import Run, build_report
from pipelines.recordings.evaluate.ground_truth_io import CrossingEntry, GroundTruthFile, IncidentEntry, MovementEntry
from tests.support.junction import JUNCTION

DOCUMENT = Path(__file__).parents[3] / "docs" / "results.md"
MEASURES = {name for kind in (Crossing, ZoneInterval, GateInterval) for name in measures_of(kind)}


def documented() -> set[str]:
    """Every name in code style, single or in a list of names."""
    prose = re.sub(r"```.*?```", "", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL)
    quoted = re.findall(r"`([^`]+)`", prose)
    return {name for text in quoted for name in re.findall(r"\w+", text)}


EDGE = Gate(id="edge", p1=(0, 359), p2=(640, 359))


def full_report() -> dict[str, object]:
    """A report with a row in every list."""
    crossings = [
        Crossing(t=t, gate=gate, direction=Direction.A, road_user=RoadUser.CAR, track=1)
        for t, gate in ((1.0, "N_in"), (9.0, "S_out"))
    ]
    facts = [
        *crossings,
        GateInterval(gate="N_in", direction=Direction.A, start_s=0, end_s=60, coverage=1.0),
        ZoneInterval(zone="road", start_s=0, end_s=60, level=Level.FREE, coverage=1.0),
        ZoneInterval(zone="road", start_s=60, end_s=120, level=Level.FREE, coverage=1.0, queue_m=float("nan")),
        Incident(
            number=1,
            type=IncidentType.COLLISION,
            zone=None,
            start_s=1,
            detected_s=2,
            end_s=None,
            pixel=(1, 1),
            ground=None,
            confidence=1,
            reason="two vehicles stopped",
        ),
    ]
    run = Run(source="road.mp4", duration_s=60, frames=600, analysed_frames=600, wall_s=1)
    return build_report(run, facts, Camera(id="c", image_size=(640, 360), gates=(*JUNCTION, EDGE)))


def test_every_key_of_a_report_is_described() -> None:
    report = full_report()
    rows = [row for value in report.values() if isinstance(value, list) for row in value]
    assert all(value != [] for value in report.values())
    keys = {*report, *(key for row in rows for key in row)}
    assert keys - MEASURES <= documented()


def test_every_key_of_a_ground_truth_is_described() -> None:
    models: tuple[type[BaseModel], ...] = (GroundTruthFile, CrossingEntry, IncidentEntry, MovementEntry)
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()}
    assert keys <= documented()
