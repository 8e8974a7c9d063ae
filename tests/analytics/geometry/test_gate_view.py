"""Gates that lie in the picture and cannot count."""

import json
from pathlib import Path

import pytest

from analytics.camera import Camera, ControlPoint, Gate
from analytics.geometry.gate_view import GateFault, faulty_gates

SIZE = (640, 360)
ROAD = [((280, 150), (0, 60)), ((360, 150), (7, 60)), ((640, 350), (7, 5)), ((0, 350), (0, 5))]


def faults(p1, p2, *, points=()) -> list[GateFault]:
    control_points = tuple(ControlPoint(pixel=pixel, ground=ground) for pixel, ground in points)
    camera = Camera(id="c", image_size=SIZE, gates=(Gate(id="g", p1=p1, p2=p2),), control_points=control_points)
    return [faulty.fault for faulty in faulty_gates(camera)]


@pytest.mark.parametrize(
    ("name", "p1", "p2", "fault"),
    [
        ("five pixels above the lower edge", (10, 355), (630, 355), GateFault.AT_EDGE),
        ("the same, drawn the other way round", (630, 355), (10, 355), GateFault.AT_EDGE),
        ("on the lower edge", (0, 360), (640, 360), GateFault.AT_EDGE),
        ("at the upper edge", (10, 5), (630, 5), GateFault.AT_EDGE),
        ("at the left edge", (5, 10), (5, 350), GateFault.AT_EDGE),
        ("at the right edge", (635, 10), (635, 350), GateFault.AT_EDGE),
        ("across a corner", (0, 345), (25, 360), GateFault.AT_EDGE),
        ("a pixel beyond the picture", (0, 361), (640, 361), GateFault.AT_EDGE),
        ("mostly at the edge", (10, 355), (630, 340), GateFault.AT_EDGE),
        ("shorter than a vehicle", (300, 200), (312, 206), GateFault.TOO_SHORT),
        ("one pixel long", (300, 200), (301, 200), GateFault.TOO_SHORT),
        ("20 pixels above the lower edge", (10, 340), (630, 340), None),
        ("from edge to edge", (0, 180), (640, 180), None),
        ("from top to bottom", (320, 0), (320, 360), None),
        ("slanted, with one end at the edge", (10, 359), (630, 200), None),
    ],
)
def test_fault_of_a_gate(name, p1, p2, fault):
    assert faults(p1, p2) == ([] if fault is None else [fault]), name


def test_a_gate_at_the_horizon_of_the_control_points_is_out_of_reach():
    assert faults((200, 128), (440, 128), points=ROAD) == [GateFault.OUT_OF_REACH]
    assert faults((200, 80), (440, 80), points=ROAD) == [GateFault.OUT_OF_REACH]
    assert faults((200, 128), (440, 128)) == []
    assert faults((100, 300), (540, 300), points=ROAD) == []


def test_the_gates_of_the_recorded_cases_have_no_fault(shared_dir: Path):
    paths = [
        *(shared_dir / "truth" / "clips").glob("*.json"),
        *(shared_dir / "truth" / "scenarios").glob("*/camera.json"),
    ]
    assert len(paths) > 10
    for path in paths:
        row = json.loads(path.read_text())
        size = (row["width"], row["height"]) if "width" in row else tuple(row["image_size"])
        gates = tuple(Gate(id=g["id"], p1=tuple(g["p1"]), p2=tuple(g["p2"])) for g in row.get("gates", ()))
        points = tuple(
            ControlPoint(pixel=tuple(p["pixel"]), ground=tuple(p["ground"])) for p in row.get("control_points", ())
        )
        camera = Camera(id="c", image_size=size, gates=gates, control_points=points)
        assert faulty_gates(camera) == [], path
