import json

import pytest

from analytics.camera import Camera, ControlPoint, Position
from analytics.facts import Crossing, Direction, GateInterval, Incident, IncidentType, Level, Trip, ZoneInterval
from analytics.road_users import RoadUser
from pipelines.errors import UserError
from pipelines.recordings.count_report import Report, Run, build_report, write_report
from tests.support.junction import JUNCTION

RUN = Run(source="s", duration_s=60, frames=600, analysed_frames=600, wall_s=1)


def crossing(track, gate, t, road_user=RoadUser.CAR):
    return Crossing(t=t, gate=gate, direction=Direction.A, road_user=road_user, track=track)


def report(*facts, gates=()):
    return build_report(RUN, facts, Camera(id="c", image_size=(640, 360), gates=tuple(gates)))


@pytest.mark.parametrize(
    ("name", "path", "movements"),
    [
        ("from an entry to an exit", ["N_in", "S_out"], [("N", "S")]),
        ("only an entry", ["N_in"], []),
        ("only an exit", ["S_out"], []),
        ("grazes another entry on its way", ["N_in", "S_in", "S_out"], [("N", "S")]),
        ("turns round", ["N_in", "N_out"], [("N", "N")]),
    ],
)
def test_movements_at_a_junction(name, path, movements):
    facts = [crossing(1, gate, float(k)) for k, gate in enumerate(path)]
    found = report(*facts, gates=JUNCTION)["movements"]
    assert [(m["from"], m["to"]) for m in found] == movements, name


def test_movements_between_plain_gates_are_named_by_gate():
    found = report(crossing(1, "a", 1), crossing(1, "b", 2), crossing(2, "a", 3))["movements"]
    assert found == [{"from": "a", "to": "b", "class": "car", "n": 1, "observed": 1, "estimated": 0}]


def test_a_movement_with_a_gap_in_its_track_is_estimated():
    ways = {1: range(20), 2: range(20), 3: range(12)}
    journeys = [
        Trip(
            track=track,
            road_user=RoadUser.CAR,
            times=tuple(k / 8 for k in points),
            positions=tuple((0.0, float(k)) for k in points),
            arrived=True,
            departed=True,
        )
        for track, points in ways.items()
    ]
    crossings = [crossing(track, gate, t) for track in ways for gate, t in (("N_in", 0.0), ("S_out", 2.3))]
    (found,) = report(*crossings[:-1], *journeys, gates=JUNCTION)["movements"]
    assert found == {"from": "N", "to": "S", "class": "car", "n": 3, "observed": 2, "estimated": 1}


def test_crossings_are_in_order_of_time_and_counted_by_class():
    out = report(crossing(2, "a", 5.0), crossing(1, "a", 3.0), crossing(3, "a", 4.0, RoadUser.BUS))
    assert [c["t"] for c in out["crossings"]] == [3.0, 4.0, 5.0]
    assert {(c["class"], c["n"]) for c in out["counts"]} == {("car", 2), ("bus", 1)}


def test_an_incident_that_ended_is_one_entry_with_its_end():
    raised = Incident(
        number=1,
        type=IncidentType.WRONG_WAY,
        zone="z",
        start_s=1,
        detected_s=2,
        end_s=None,
        pixel=(1, 2),
        ground=None,
        confidence=0.8,
        reason="r",
    )
    ended = Incident(**{name: getattr(raised, name) for name in raised.__slots__} | {"end_s": 9.0})
    (incident,) = report(raised, ended)["incidents"]
    assert (incident["detected_s"], incident["end_s"]) == (2, 9.0)


def test_unobserved_is_null_in_json(tmp_path):
    nothing = ZoneInterval(
        zone="z",
        start_s=0,
        end_s=60,
        flow_veh_h=None,
        speed_kmh=None,
        density_veh_km_lane=None,
        occupancy=None,
        queue_m=None,
        queue_veh=None,
        level=Level.UNKNOWN,
        coverage=0.0,
    )
    write_report(report(nothing), str(tmp_path / "out.json"))
    (interval,) = json.loads((tmp_path / "out.json").read_text())["intervals"]
    assert interval["flow_veh_h"] is None and interval["level"] == "unknown" and interval["coverage"] == 0


def test_a_folder_that_is_missing_is_bad_input(tmp_path):
    with pytest.raises(UserError, match="no-such"):
        write_report(report(), str(tmp_path / "no-such" / "out.json"))


def test_a_report_written_row_by_row_equals_the_whole(tmp_path):
    facts = [
        crossing(1, "N_in", 1.0),
        crossing(1, "S_out", 9.0),
        crossing(2, "N_in", 4.0, RoadUser.BUS),
        GateInterval(gate="N_in", direction=Direction.A, start_s=0, end_s=60, flow_veh_h=120, coverage=1.0),
    ]
    path = tmp_path / "out.json"
    with Report(Camera(id="c", image_size=(640, 360), gates=tuple(JUNCTION))) as rows:
        rows.add(facts)
        rows.write(RUN, str(path))
        whole = rows.as_dict(RUN)
    assert json.loads(path.read_text()) == whole
    assert whole["counts"] and whole["movements"] and whole["incidents"] == []
    assert whole["gate_intervals"][0]["flow_veh_h"] == 120


def test_an_incident_has_its_position_on_the_ground_and_on_the_map():
    points = tuple(
        ControlPoint(pixel=(u, v), ground=(u / 10, (360 - v) / 10))
        for u, v in [(0.0, 0.0), (640.0, 0.0), (640.0, 360.0), (0.0, 360.0)]
    )
    anchored = Camera(id="c", image_size=(640, 360), control_points=points, anchor=Position(lat=1.0, lon=104.0))
    stopped = Incident(
        number=1,
        type=IncidentType.STOPPED_VEHICLE,
        zone=None,
        start_s=1,
        detected_s=12,
        end_s=None,
        pixel=(300, 160),
        ground=(30.0, 20.0),
        confidence=0.8,
        reason="r",
    )
    (incident,) = build_report(RUN, [stopped], anchored)["incidents"]
    assert incident["ground"] == [30, 20]
    assert incident["position"]["lat"] == pytest.approx(1.0 + 20 / 110_575, abs=1e-6)
    (unplaced,) = report(stopped)["incidents"]
    assert unplaced["position"] is None


def test_a_value_that_is_no_json_is_listed_as_dropped_and_the_rest_is_reported():
    bad = ZoneInterval(
        zone="z", start_s=60, end_s=120, queue_m=float("nan"), queue_veh=2.0, level=Level.FREE, coverage=1
    )
    found = report(crossing(1, "g", 3.0), bad, crossing(2, "g", 5.0))
    assert [row["track"] for row in found["crossings"]] == [1, 2]
    assert [(row["queue_m"], row["queue_veh"]) for row in found["intervals"]] == [(None, 2)]
    (dropped,) = found["dropped"]
    assert (dropped["fact"], dropped["place"], dropped["t"]) == ("zone interval", "z", 60)
    assert "queue_m" in dropped["reason"]


def test_a_fact_that_is_no_json_is_listed_as_dropped_and_the_others_are_reported():
    bad = ZoneInterval(zone="z", start_s=60, end_s=120, level=Level.FREE, coverage=float("nan"))
    found = report(crossing(1, "g", 3.0), bad)
    assert ([row["track"] for row in found["crossings"]], found["intervals"]) == ([1], [])
    (dropped,) = found["dropped"]
    assert (dropped["fact"], dropped["place"], dropped["t"]) == ("zone interval", "z", 60)
    assert dropped["reason"]
