"""Gate crossings of the last minutes."""

from dataclasses import replace
from datetime import timedelta

from analytics.facts import Direction, Sight
from analytics.road_users import RoadUser
from pipelines.events.schema import CountsReport, CrossingRecord, GateRecord
from tests.support.portal_events import ago, minute


def test_minutes_with_crossings_without_crossings_and_without_observation(anonymous, store):
    start = minute(ago(240))
    crossings = [
        CrossingRecord(at=start + timedelta(seconds=s), gate="utara", direction=direction, road_user=road_user, track=s)
        for s, direction, road_user in (
            (1, Direction.A, RoadUser.CAR),
            (2, Direction.A, RoadUser.MOTORCYCLE),
            (3, Direction.B, RoadUser.MOTORCYCLE),
        )
    ]
    for n, seen in ((0, crossings), (1, [])):
        begin = start + timedelta(minutes=n)
        end = begin + timedelta(seconds=30)
        store(CountsReport(camera_id="laluan-1", start_at=begin, end_at=end, observed_s=30, crossings=tuple(seen)))
    answer = anonymous.get("/api/cameras/laluan-1/counts", params={"minutes": 10}).json()
    assert len(answer["minutes"]) == 10
    assert answer["observed_s"] == 60
    by_start = {row["start_at"]: row for row in answer["minutes"]}
    first, second, third = (
        by_start[(start + timedelta(minutes=n)).isoformat().replace("+00:00", "Z")] for n in range(3)
    )
    assert (first["observed"], first["counts"]["motorcycle"], first["counts"]["car"]) == (0.5, 2, 1)
    assert set(second["counts"].values()) == {0}
    assert (third["observed"], third["counts"]) == (0, None)
    assert [(side["gate"], side["direction"], side["counts"]["motorcycle"]) for side in answer["totals"]] == [
        ("utara", "A", 1),
        ("utara", "B", 1),
    ]


def test_a_minute_that_a_blind_detector_found_empty_is_no_zero(anonymous, store):
    start = minute(ago(300))
    one_car = CrossingRecord(at=start, gate="utara", direction=Direction.A, road_user=RoadUser.CAR, track=1)
    for n, sight, seen in ((0, Sight.BLIND, ()), (1, Sight.BLIND, (1,)), (2, Sight.DOUBTFUL, ())):
        begin = start + timedelta(minutes=n)
        gates = tuple(
            GateRecord(
                gate="utara",
                direction=direction,
                start_at=begin,
                end_at=begin + timedelta(minutes=1),
                coverage=1.0,
                sight=sight,
            )
            for direction in Direction
        )
        crossings = tuple(replace(one_car, at=begin) for _ in seen)
        end = begin + timedelta(minutes=1)
        store(
            CountsReport(
                camera_id="laluan-1", start_at=begin, end_at=end, observed_s=60, crossings=crossings, gates=gates
            )
        )
    rows = anonymous.get("/api/cameras/laluan-1/counts", params={"minutes": 10}).json()["minutes"]
    by_start = {row["start_at"]: row["counts"] for row in rows}
    counts = [by_start[(start + timedelta(minutes=n)).isoformat().replace("+00:00", "Z")] for n in range(3)]
    assert [None if each is None else sum(each.values()) for each in counts] == [None, 1, 0]


def test_camera_without_gates_has_no_counts_rather_than_zeros(anonymous, store):
    start = minute(ago(120))
    store(CountsReport(camera_id="barelang", start_at=start, end_at=start + timedelta(seconds=10), observed_s=10))
    answer = anonymous.get("/api/cameras/barelang/counts").json()
    assert answer["observed_s"] == 10
    assert all(row["counts"] is None for row in answer["minutes"])


def test_number_of_minutes_is_bounded(anonymous):
    answer = anonymous.get("/api/cameras/laluan-1/counts", params={"minutes": 100_000})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("minutes: ")
