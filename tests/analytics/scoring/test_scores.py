"""Scoring rules, each in the smallest case that shows it."""

import pytest

from analytics.facts import Crossing, Direction, Incident, IncidentType, Level, ZoneInterval
from analytics.ground_truth import GroundTruth, GroundTruthCrossing, GroundTruthIncident, GroundTruthInterval
from analytics.road_users import RoadUser
from analytics.scoring.scores import score_crossings, score_incidents, score_intervals, score_movements


def found(t, road_user=RoadUser.CAR, *, gate="g", direction=Direction.A, **speed):
    return Crossing(t=t, gate=gate, direction=direction, road_user=road_user, track=1, **speed)


def true(t, road_user=RoadUser.CAR, *, gate="g", direction=Direction.A, **more):
    return GroundTruthCrossing(t=t, gate=gate, direction=direction, road_user=road_user, **more)


def crossings(found_ones, true_ones, **span):
    return score_crossings(found_ones, GroundTruth(duration_s=60, crossings=tuple(true_ones), **span))


def test_each_true_crossing_is_matched_once():
    score = crossings([found(10), found(10.2)], [true(10.1)])
    assert (score.matched, score.f1) == (1, pytest.approx(2 / 3))


def test_no_crossing_found_where_there_was_none_is_perfect():
    assert crossings([], []).f1 == 1.0


@pytest.mark.parametrize(
    "almost", [found(11.6), found(10, gate="h"), found(10, direction=Direction.B)], ids=["late", "gate", "direction"]
)
def test_time_gate_and_direction_must_agree(almost):
    assert crossings([almost], [true(10)]).matched == 0


def test_the_class_is_scored_separately_and_an_alternative_is_right():
    score = crossings(
        [found(10, RoadUser.TRUCK), found(20, RoadUser.TRUCK)], [true(10), true(20, alternative=RoadUser.TRUCK)]
    )
    assert (score.f1, score.f1_with_class) == (1.0, 0.5)


def test_an_optional_crossing_is_neither_required_nor_wrong():
    hidden = true(10, optional=True)
    assert crossings([], [hidden]).true == 0
    assert crossings([found(10)], [hidden]).found == 0
    assert crossings([found(10), found(10.5)], [hidden]).found == 1


def test_only_the_span_counts():
    assert crossings([found(1), found(10)], [true(1), true(10)], from_s=5.0).true == 1


def test_counts_err_by_gate_and_direction_and_cannot_cancel_out():
    score = crossings([found(10, direction=Direction.B)], [true(10)])
    assert score.count_error == 2.0
    assert score.by_class[RoadUser.CAR].miscounted == 2


def test_speed_errors_come_from_matched_pairs_with_both_speeds():
    score = crossings(
        [found(10, speed_kmh=50), found(20, speed_kmh=None), found(30, speed_kmh=40)],
        [true(10, speed_kmh=53), true(20, speed_kmh=40), true(50, speed_kmh=40)],
    )
    assert score.speed_mae_kmh == 3
    assert crossings([], []).speed_mae_kmh is None


def test_a_speed_is_within_its_standard_error_or_not():
    speeds = [{"speed_kmh": 42, "speed_sigma_kmh": 2.5}, {"speed_kmh": 36, "speed_sigma_kmh": 2.5}, {"speed_kmh": 40}]
    crossed = [found(10 * n, **speed) for n, speed in enumerate(speeds)]
    score = crossings(crossed, [true(10 * n, speed_kmh=40) for n in range(3)])
    assert score.within_sigma == (True, False), "without a standard error nothing is claimed"
    assert score.speeds_within_sigma == 0.5
    assert crossings([], []).speeds_within_sigma is None


def alert(detected_s, kind=IncidentType.STOPPED_VEHICLE, zone="Z"):
    return Incident(
        number=1,
        type=kind,
        zone=zone,
        start_s=detected_s,
        detected_s=detected_s,
        end_s=None,
        pixel=(0, 0),
        ground=None,
        confidence=1,
        reason="",
    )


STOPPED = GroundTruthIncident(type=IncidentType.STOPPED_VEHICLE, start_s=100, end_s=200, zone="Z", detectable_s=110)
WRONG_WAY = GroundTruthIncident(type=IncidentType.WRONG_WAY, start_s=100, end_s=105, zone="Z")
ONSET = GroundTruthIncident(type=IncidentType.CONGESTION, start_s=100, end_s=400, zone="Z", onset_s=(90, 120))


@pytest.mark.parametrize(
    ("incident", "alert", "right"),
    [
        (STOPPED, alert(95.5), True),
        (STOPPED, alert(94), False),
        (STOPPED, alert(201), False),
        (STOPPED, alert(120, zone="other"), False),
        (STOPPED, alert(120, zone=None), True),
        (STOPPED, alert(120, IncidentType.WRONG_WAY), False),
        (WRONG_WAY, alert(124, IncidentType.WRONG_WAY), True),
        (WRONG_WAY, alert(126, IncidentType.WRONG_WAY), False),
        (ONSET, alert(86, IncidentType.CONGESTION), True),
        (ONSET, alert(194, IncidentType.CONGESTION), True),
        (ONSET, alert(196, IncidentType.CONGESTION), False),
    ],
)
def test_an_alert_is_right_while_its_incident_lasts(incident, alert, right):
    score = score_incidents([alert], GroundTruth(duration_s=600, incidents=(incident,)))
    assert (len(score.hits), len(score.false_alarms)) == ((1, 0) if right else (0, 1))


def test_a_second_alert_for_one_incident_is_false():
    score = score_incidents([alert(120), alert(130)], GroundTruth(duration_s=600, incidents=(STOPPED,)))
    assert [a.detected_s for a in score.false_alarms] == [130]


def test_an_ignored_incident_is_no_false_alarm():
    score = score_incidents([alert(120)], GroundTruth(duration_s=600, ignored_incidents=(STOPPED,)))
    assert (score.hits, score.false_alarms, score.missed) == ((), (), ())


def test_the_delay_counts_from_the_detectable_time():
    score = score_incidents([alert(118)], GroundTruth(duration_s=600, incidents=(STOPPED,)))
    assert score.delays_s(IncidentType.STOPPED_VEHICLE) == [8]


def minute(start_s, speed_kmh, level=Level.FREE):
    return ZoneInterval(
        zone="Z",
        start_s=start_s,
        end_s=start_s + 60,
        flow_veh_h=None,
        speed_kmh=speed_kmh,
        density_veh_km_lane=None,
        occupancy=None,
        queue_m=None,
        queue_veh=None,
        level=level,
        coverage=1.0,
    )


def test_minutes_with_traffic_and_known_values_are_scored():
    true_minutes = tuple(
        GroundTruthInterval(zone="Z", start_s=60 * k, vehicles=n, speed_kmh=50, level=Level.FREE)
        for k, n in enumerate((10, 10, 4, 10))
    )
    ours = [
        minute(0, 55.0),
        minute(60, None, Level.UNKNOWN),
        minute(120, 5.0, Level.JAMMED),
        minute(180, 45, Level.DENSE),
    ]
    score = score_intervals(ours, GroundTruth(duration_s=240, intervals=true_minutes))
    assert score.zone_minutes == 3
    assert score.errors["speed_kmh"] == pytest.approx(0.1)
    assert score.errors["flow_veh_h"] is None
    assert score.level_agreement == 0.5


def test_a_movement_is_right_within_two_vehicles_or_a_tenth():
    truth = GroundTruth(duration_s=60, movements={("N", "S"): 50, ("N", "E"): 3, ("E", "W"): 2})
    score = score_movements({("N", "S"): 45, ("N", "E"): 6, ("W", "N"): 2}, truth)
    assert (score.cells, score.wrong) == (4, (("N", "E", 3, 6),))
    assert score_movements({}, GroundTruth(duration_s=60)) is None
