"""History over HTTP: every bucket of the period, counts with coverage, gaps as null."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics.facts import Direction, Level, Sight
from analytics.road_users import RoadUser
from tests.support.portal_events import NOON, crossing, gate_minute, ten_seconds, zone_minute


@pytest.fixture
def history(signed_in):
    planner = signed_in("rina")

    def get(minutes=15, interval=300, **parameters):
        period = {"from": NOON.isoformat(), "to": (NOON + timedelta(minutes=minutes)).isoformat()}
        answer = planner.get(
            "/api/history", params={"camera": "laluan-1", "interval": interval, **period, **parameters}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["rows"]

    return get


def test_unobserved_bucket_is_null_and_bucket_without_traffic_is_zero(history, store):
    store(ten_seconds(NOON, gates=[gate_minute(0, Direction.A)]))
    store(*(ten_seconds(NOON + timedelta(seconds=10 * i)) for i in range(1, 30)))
    observed, gap, _ = history(gate="utara")
    assert observed["counts"] == dict.fromkeys(["car", "motorcycle", "bus", "truck", "bicycle", "person"], 0)
    assert (observed["coverage"], observed["flow_veh_h"], observed["speed_kmh"]) == (1, 0, None)
    assert (gap["coverage"], gap["counts"], gap["flow_veh_h"]) == (0, None, None)
    assert gap["start_at"] == "2026-11-20T05:05:00Z"


def test_counts_are_not_scaled_and_flow_is_per_hour_of_observed_time(history, store):
    store(
        ten_seconds(NOON, crossing(NOON), crossing(NOON, RoadUser.MOTORCYCLE, Direction.B), crossing(NOON)),
        ten_seconds(NOON + timedelta(seconds=10), crossing(NOON, RoadUser.PERSON), observed_s=8),
        ten_seconds(NOON + timedelta(seconds=20), observed_s=0),
    )
    row = history(gate="utara", minutes=5)[0]
    assert {name: n for name, n in row["counts"].items() if n} == {"car": 2, "motorcycle": 1, "person": 1}
    assert row["coverage"] == 18 / 300
    assert row["flow_veh_h"] == 3 * 3600 / 18, "persons are no vehicles"


def test_speed_at_a_gate_is_the_harmonic_mean(history, store):
    store(ten_seconds(NOON, *(crossing(NOON, speed_kmh=v) for v in (20, 60, None))))
    assert history(gate="utara", minutes=5)[0]["speed_kmh"] == 30


def test_headways_are_of_all_vehicles_of_both_directions(history, store):
    followed = [crossing(NOON + timedelta(seconds=t), headway_s=h) for t, h in ((0, None), (1, 1), (4, 3), (10, 6))]
    back = [crossing(NOON, direction=Direction.B, headway_s=1.5), crossing(NOON, direction=Direction.B, headway_s=8.5)]
    alone = crossing(NOON + timedelta(minutes=6), headway_s=400)
    on_foot = crossing(NOON, RoadUser.PERSON)
    store(ten_seconds(NOON, *followed, *back, alone, on_foot), ten_seconds(NOON + timedelta(minutes=6)))
    row, lonely = history(gate="utara", minutes=10)
    assert (row["headway_mean_s"], row["headway_median_s"], row["headway_under_2s"]) == (4, 3, 0.4)
    assert lonely["counts"]["car"] == 1
    assert lonely["headway_mean_s"] is None, "one vehicle has no traffic around it"


def test_smp_of_a_gate_is_the_sum_and_saturation_the_maximum_of_both_directions(history, store):
    a = [gate_minute(0, Direction.A, smp_h=600, saturation=0.2, emp_verified=True)]
    a += [gate_minute(1, Direction.A, coverage=0.5, smp_h=900, saturation=0.3, emp_verified=False)]
    b = [gate_minute(0, Direction.B, smp_h=300, saturation=0.1, emp_verified=True), gate_minute(1, Direction.B)]
    store(ten_seconds(NOON, gates=[*a, *b]))
    row = history(gate="utara", minutes=5)[0]
    assert (row["smp_h"], row["saturation"]) == (700 + 300, pytest.approx(0.7 / 3, abs=1e-3))
    assert row["emp_verified"] is False, "one unverified minute makes the bucket unverified"
    assert row["level_of_service"] is None, "a gate has no level"


@pytest.mark.parametrize(
    ("levels", "service", "expected"),
    [
        ([Level.FREE, Level.DENSE], ["B", "C"], "C"),
        ([Level.JAMMED, Level.JAMMED], ["F", "F"], "F"),
        ([Level.FREE, Level.FREE], [None, None], None),
    ],
)
def test_level_of_service_of_a_zone_follows_from_its_mean_saturation(history, store, levels, service, expected):
    minutes = [
        zone_minute(n, level=level, smp_h=smp_h, saturation=smp_h / 1000, level_of_service=los, emp_verified=True)
        for n, (level, los, smp_h) in enumerate(zip(levels, service, (400, 600), strict=True))
    ]
    store(ten_seconds(NOON, zones=[*minutes, zone_minute(2, coverage=0, level=Level.UNKNOWN)]))
    row = history(zone="masuk", minutes=5)[0]
    assert (row["smp_h"], row["saturation"], row["emp_verified"]) == (500, 0.5, True)
    assert row["level_of_service"] == expected


def test_zone_and_gate_without_road_data_have_no_smp(history, store):
    store(ten_seconds(NOON, crossing(NOON), zones=[zone_minute(0, flow_veh_h=60)], gates=[gate_minute(0, Direction.A)]))
    for place in ({"gate": "utara"}, {"zone": "masuk"}):
        row = history(minutes=5, **place)[0]
        assert row["flow_veh_h"] is not None
        assert (row["smp_h"], row["saturation"], row["level_of_service"], row["emp_verified"]) == (None,) * 4


def test_crossings_of_other_gates_do_not_count(history, store):
    store(ten_seconds(NOON, crossing(NOON, gate="selatan"), gates=[gate_minute(0, Direction.A)]))
    assert sum(history(gate="utara", minutes=5)[0]["counts"].values()) == 0


def test_zone_means_are_over_observed_time(history, store):
    store(
        ten_seconds(
            NOON,
            zones=(
                zone_minute(0, coverage=1.0, flow_veh_h=600, occupancy=0.1),
                zone_minute(1, coverage=0.5, flow_veh_h=1200, occupancy=0.4),
                zone_minute(2, coverage=0.0, level=Level.UNKNOWN),
            ),
        )
    )
    row = history(zone="masuk", minutes=5)[0]
    assert row["coverage"] == 90 / 300
    assert (row["flow_veh_h"], row["occupancy"]) == (800, 0.2)
    assert row["counts"] is None


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        # 60 km/h at 10 veh/km, then a jam: 10 km/h at 90 veh/km. Edie: (600 + 900) / 100.
        ([(60, 10), (10, 90)], 15),
        # Standing vehicles spend time too, although none passes.
        ([(50, 20), (0, 80)], 10),
        # A minute without vehicles has no speed and no weight.
        ([(40, 10), (None, 0)], 40),
    ],
)
def test_speed_of_a_zone_is_distance_over_time_spent(history, store, minutes, expected):
    zones = [zone_minute(i, speed_kmh=v, density_veh_km_lane=k, flow_veh_h=1) for i, (v, k) in enumerate(minutes)]
    store(ten_seconds(NOON, zones=zones))
    assert history(zone="masuk", minutes=5)[0]["speed_kmh"] == expected


def test_relative_speed_is_weighted_by_occupancy_if_density_is_unknown(history, store):
    zones = [zone_minute(0, relative_speed=1.0, occupancy=0.1), zone_minute(1, relative_speed=0.2, occupancy=0.3)]
    store(ten_seconds(NOON, zones=zones))
    assert history(zone="masuk", minutes=5)[0]["relative_speed"] == 0.4


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (["free", "free", "jammed"], "free"),
        (["free", "jammed"], "jammed"),
        (["unknown", "unknown", "dense"], "dense"),
        (["unknown"], "unknown"),
    ],
)
def test_level_is_the_known_level_that_lasted_longest(history, store, levels, expected):
    store(ten_seconds(NOON, zones=[zone_minute(i, level=Level(name)) for i, name in enumerate(levels)]))
    assert history(zone="masuk", minutes=5)[0]["level"] == expected


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ([Sight.CLEAR] * 5, "clear"),
        ([Sight.CLEAR] * 4 + [Sight.DOUBTFUL], "doubtful"),
        ([Sight.CLEAR, Sight.DOUBTFUL, Sight.BLIND], "blind"),
        ([Sight.CLEAR] * 14 + [Sight.BLIND], "clear"),
        ([None, Sight.CLEAR], "clear"),
        ([None, None], None),
    ],
)
def test_sight_is_the_worst_that_lasted_for_a_tenth_of_the_time(history, store, minutes, expected):
    zones = [zone_minute(k, sight=sight) for k, sight in enumerate(minutes)]
    gates = [gate_minute(k, direction, sight=sight) for k, sight in enumerate(minutes) for direction in Direction]
    store(ten_seconds(NOON, zones=zones, gates=gates))
    assert history(zone="masuk", interval=900)[0]["sight"] == expected
    assert history(gate="utara", interval=900)[0]["sight"] == expected


def test_a_gate_that_a_blind_detector_found_empty_is_unknown(history, store):
    gates = [gate_minute(0, direction, sight=Sight.BLIND) for direction in Direction]
    store(ten_seconds(NOON, gates=gates))
    row = history(gate="utara", minutes=5)[0]
    assert (row["sight"], row["counts"], row["flow_veh_h"]) == ("blind", None, None)


def test_a_gate_that_was_drawn_later_is_unknown_before_and_not_zero(history, store):
    store(ten_seconds(NOON), ten_seconds(NOON + timedelta(minutes=5), gates=[gate_minute(5, Direction.A)]))
    before, after, _ = history(gate="utara")
    assert (before["coverage"] > 0, before["counts"], before["flow_veh_h"]) == (True, None, None)
    assert (after["counts"]["car"], after["flow_veh_h"]) == (0, 0)


def test_days_are_those_of_the_city(history, store):
    before_midnight = datetime(2026, 11, 19, 16, 59, 50, tzinfo=UTC)
    after = ten_seconds(before_midnight + timedelta(seconds=10), gates=[gate_minute(0, Direction.A)])
    store(ten_seconds(before_midnight, crossing(before_midnight)), after)
    period = {"from": "2026-11-19T00:00:00+07:00", "to": "2026-11-21T00:00:00+07:00"}
    first, second = history(gate="utara", interval=86400, **period)
    assert (first["start_at"], first["counts"]["car"]) == ("2026-11-18T17:00:00Z", 1)
    assert (second["start_at"], second["counts"]["car"]) == ("2026-11-19T17:00:00Z", 0)


@pytest.mark.parametrize(
    ("parameters", "status", "sentence"),
    [
        ({"gate": "utara", "zone": "masuk"}, 422, "Give either a gate or a zone."),
        ({}, 422, "Give either a gate or a zone."),
        ({"gate": "selatan"}, 404, "Camera laluan-1 has no such gate."),
        ({"zone": "view"}, 404, "Camera laluan-1 has no such zone."),
        ({"gate": "utara", "camera": "tidak-ada"}, 404, "There is no such camera."),
        ({"gate": "utara", "interval": 61}, 422, "interval: "),
        ({"gate": "utara", "from": "2026-11-20"}, 422, "from: "),
        ({"gate": "utara", "from": "2026-11-20T05:00:00"}, 422, "from: Input should have timezone info."),
        ({"gate": "utara", "from": "2026-11-20T06:00:00Z", "to": "2026-11-20T05:00:00Z"}, 422, "'to' must be later"),
        (
            {"gate": "utara", "from": "2026-01-01T00:00:00Z", "to": "2026-11-20T00:00:00Z", "interval": 60},
            422,
            "That is more than 5000 rows: choose a longer interval or a shorter period.",
        ),
    ],
)
def test_invalid_request_is_refused_with_one_sentence(signed_in, parameters, status, sentence):
    answer = signed_in("rina").get("/api/history", params={"camera": "laluan-1", **parameters})
    assert answer.status_code == status
    assert answer.json()["detail"].startswith(sentence)
