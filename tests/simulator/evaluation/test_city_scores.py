"""Scores of database contents against the ground truth of a simulated camera."""

from dataclasses import replace

import pytest

from analytics.facts import Crossing, Direction, Incident, IncidentType, Level, ZoneInterval
from analytics.ground_truth import GroundTruth, GroundTruthCrossing, GroundTruthIncident, GroundTruthInterval
from analytics.road_users import RoadUser
from simulator.evaluation.city_scores import MIN_OUTAGE_S, RECONNECT_S, TAMPERING_DETECTION_S, CameraScore, score_camera
from simulator.evaluation.database_reader import ObservedSpan, StoredResults
from simulator.evaluation.report import scores_json

FROM_S, UNTIL_S = 30.0, 210.0
MINUTES_PER_DAY = (30.0, 90.0, 150.0)


def stored_crossing(t: float, road_user: RoadUser = RoadUser.CAR) -> Crossing:
    return Crossing(t=t, gate="g", direction=Direction.A, road_user=road_user, track=1, speed_kmh=40.0)


def true_crossing(t: float, road_user: RoadUser = RoadUser.CAR) -> GroundTruthCrossing:
    return GroundTruthCrossing(t=t, gate="g", direction=Direction.A, road_user=road_user, speed_kmh=42.0)


def alert(detected_s: float, pixel: tuple[float, float] = (50.0, 50.0), zone: str = "z") -> Incident:
    return Incident(
        number=0,
        type=IncidentType.STOPPED_VEHICLE,
        zone=zone,
        start_s=detected_s - 10,
        detected_s=detected_s,
        end_s=None,
        pixel=pixel,
        ground=None,
        confidence=0.8,
        reason="",
    )


def breakdown(start_s: float) -> GroundTruthIncident:
    area = (40.0, 40.0, 60.0, 60.0)
    return GroundTruthIncident(type=IncidentType.STOPPED_VEHICLE, start_s=start_s, zone="z", area=area)


def minute(
    start_s: float, level: Level = Level.FREE, coverage: float = 1.0, flow: float | None = 600.0
) -> ZoneInterval:
    return ZoneInterval(
        zone="z",
        start_s=start_s,
        end_s=start_s + 60,
        flow_veh_h=flow,
        speed_kmh=None if flow is None else 40.0,
        density_veh_km_lane=None,
        occupancy=None,
        queue_m=None,
        queue_veh=None,
        level=level,
        coverage=coverage,
    )


def true_minute(start_s: float, level: Level = Level.FREE) -> GroundTruthInterval:
    return GroundTruthInterval(zone="z", start_s=start_s, vehicles=10, speed_kmh=42.0, level=level)


def observed(start_s: float, observed_s: float = 60.0) -> ObservedSpan:
    return ObservedSpan(start_s=start_s, end_s=start_s + 60, observed_s=observed_s)


SEEN = StoredResults(
    observed=tuple(observed(m) for m in MINUTES_PER_DAY), intervals=tuple(minute(m) for m in MINUTES_PER_DAY)
)


def scored(stored: StoredResults, truth: GroundTruth | None = None) -> CameraScore:
    return score_camera("p", stored, truth or GroundTruth(duration_s=220.0), FROM_S, UNTIL_S)


def test_correct_results_have_the_best_scores() -> None:
    stored = replace(
        SEEN, crossings=(stored_crossing(40.2), stored_crossing(100.1)), incidents=(alert(75.0),), analysed_fps=5.0
    )
    truth = GroundTruth(
        duration_s=220.0,
        crossings=(true_crossing(40.0), true_crossing(100.0)),
        incidents=(breakdown(60.0),),
        intervals=tuple(true_minute(m) for m in MINUTES_PER_DAY),
    )
    report = scores_json([scored(stored, truth)])
    assert (report["f1"], report["f1_with_class"], report["level_agreement"]) == (1.0, 1.0, 1.0)
    assert (report["incidents_missed"], report["false_alarms"], report["unmarked_gap_minutes"]) == (0, 0, 0)
    assert (report["speed_mae_kmh"], report["analysed_fps"], report["false_gap_minutes"]) == (2.0, 5.0, 0)


def test_each_error_is_listed() -> None:
    stored = replace(
        SEEN, crossings=(stored_crossing(40.0, RoadUser.TRUCK), stored_crossing(120.0)), incidents=(alert(160.0),)
    )
    truth = GroundTruth(
        duration_s=220.0,
        crossings=(true_crossing(40.0), true_crossing(100.0)),
        incidents=(breakdown(60.0),),
        intervals=(true_minute(30.0), true_minute(90.0, Level.JAMMED)),
    )
    stored = replace(stored, incidents=(alert(160.0, pixel=(300.0, 50.0)),))
    (camera,) = scores_json([scored(stored, truth)])["by_camera"]
    assert [c["t"] for c in camera["missed_crossings"]] == [100.0]
    assert [c["t"] for c in camera["surplus_crossings"]] == [120.0]
    assert [(c["class"], c["found"]) for c in camera["wrong_classes"]] == [("car", "truck")]
    assert [(c["start_s"], c["true"], c["found"]) for c in camera["wrong_levels"]] == [(90.0, "jammed", "free")]
    assert [i["start_s"] for i in camera["missed_incidents"]] == [60.0]
    assert [a["detected_s"] for a in camera["wrong_alerts"]] == [160.0]
    assert camera["f1"] == 0.5
    assert camera["f1_with_class"] == 0.0


def test_events_before_and_after_the_scored_minutes_do_not_count() -> None:
    truth = GroundTruth(
        duration_s=230.0, crossings=(true_crossing(10.0), true_crossing(215.0)), incidents=(breakdown(5.0),)
    )
    score = scored(replace(SEEN, crossings=(stored_crossing(12.0),), incidents=(alert(20.0), alert(50.0))), truth)
    assert (score.crossings.true, score.crossings.found) == (0, 0)
    assert (score.incidents.missed, score.incidents.false_alarms) == ((), ())


def test_an_incident_in_the_last_seconds_may_be_reported_or_missed() -> None:
    truth = GroundTruth(duration_s=220.0, incidents=(breakdown(190.0),))
    assert scored(SEEN, truth).incidents.missed == ()
    assert scored(replace(SEEN, incidents=(alert(205.0),)), truth).incidents.false_alarms == ()


def test_unknown_levels_count_as_wrong() -> None:
    truth = GroundTruth(duration_s=220.0, intervals=tuple(true_minute(m) for m in MINUTES_PER_DAY))
    without = replace(SEEN, intervals=(minute(30.0), minute(90.0, Level.UNKNOWN)))
    assert scores_json([scored(without, truth)])["level_agreement"] == pytest.approx(1 / 3, abs=1e-3)


CUT = GroundTruth(duration_s=220.0, unseen=((85.0, 155.0),), intervals=(true_minute(90.0),))


def test_a_missing_row_or_one_without_values_marks_a_gap() -> None:
    for middle in ((), (minute(90.0, Level.UNKNOWN, 0.0, None),)):
        stored = StoredResults(
            observed=(observed(30.0, 55.0), observed(150.0, 50.0)), intervals=(minute(30.0), *middle)
        )
        score = scored(stored, CUT)
        assert (score.outages, score.unmarked, score.false_gaps, score.levels) == ((90.0,), (), (), ())


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(StoredResults(observed=(observed(90.0),)), id="observed time"),
        pytest.param(StoredResults(intervals=(minute(90.0, Level.FREE, 0.0, 0.0),)), id="zero instead of nothing"),
        pytest.param(StoredResults(intervals=(minute(90.0, Level.FREE, 0.0, None),)), id="a level"),
        pytest.param(StoredResults(crossings=(stored_crossing(120.0),)), id="a crossing"),
    ],
)
def test_an_outage_with_values_is_an_unmarked_gap(wrong: StoredResults) -> None:
    assert scored(wrong, replace(CUT, unseen=((60.0, 155.0),))).unmarked[-1:] == (90.0,)


def test_a_frozen_camera_may_count_as_observed_until_it_is_detected() -> None:
    truth = GroundTruth(duration_s=220.0, unseen=((91.0, 180.0),))
    late = StoredResults(observed=(observed(30.0), observed(90.0, 1.0 + TAMPERING_DETECTION_S), observed(150.0, 20.0)))
    assert scored(late, truth).unmarked == ()
    too_late = replace(
        late, observed=(observed(30.0), observed(90.0, 5.0 + TAMPERING_DETECTION_S), observed(150.0, 20.0))
    )
    assert scored(too_late, truth).unmarked == (90.0,)


def test_an_unobserved_minute_without_an_outage_is_a_false_gap() -> None:
    assert scored(StoredResults(observed=(observed(30.0), observed(150.0)))).false_gaps == (90.0,)


def test_crossings_during_reconnection_are_optional_and_crossings_during_an_outage_are_surplus() -> None:
    truth = replace(CUT, crossings=(true_crossing(155.0 + RECONNECT_S / 2),))
    assert scored(SEEN, truth).crossings.missed == ()
    assert len(scored(replace(SEEN, crossings=(stored_crossing(120.0),)), truth).crossings.surplus) == 1


def test_a_short_interruption_is_no_outage() -> None:
    assert scored(SEEN, GroundTruth(duration_s=220.0, unseen=((100.0, 99.0 + MIN_OUTAGE_S),))).outages == ()


def test_figures_over_all_cameras_sum_the_crossings_of_all_cameras() -> None:
    busy = scored(
        replace(SEEN, crossings=tuple(stored_crossing(40.0 + 5 * k) for k in range(9))),
        GroundTruth(duration_s=220.0, crossings=tuple(true_crossing(40.0 + 5 * k) for k in range(9))),
    )
    blind = scored(SEEN, GroundTruth(duration_s=220.0, crossings=(true_crossing(50.0),)))
    assert scores_json([busy, blind])["f1"] == pytest.approx(18 / 19, abs=1e-3)
    assert [camera["f1"] for camera in scores_json([busy, blind])["by_camera"]] == [1.0, 0.0]
