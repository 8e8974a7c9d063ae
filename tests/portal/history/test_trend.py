"""Trend of a camera: its flow of the last hours against the median of the same weekday and hour in past weeks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from analytics.facts import Direction
from analytics.road_users import RoadUser
from pipelines.events.schema import CountsReport, CrossingRecord, GateRecord
from pipelines.store.pool import transaction
from portal.history.schemas import Trend
from portal.history.trend import HOURS, camera_trend

JAKARTA = ZoneInfo("Asia/Jakarta")
NOW = datetime(2026, 11, 25, 7, 40, tzinfo=UTC)
"""A Wednesday, 14:40 in Batam."""
HOUR = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
"""The present hour, and so those that began `weeks` weeks before."""


def observed(
    start: datetime, vehicles: int, *, minutes: int = 60, gate: str = "utara", people: int = 0
) -> CountsReport:
    """Counts of camera `laluan-1` from `start` on, with the crossings at equal intervals in alternating directions."""
    users = [RoadUser.CAR] * vehicles + [RoadUser.PERSON] * people
    step = timedelta(minutes=minutes) / max(1, len(users))
    return CountsReport(
        camera_id="laluan-1",
        start_at=start,
        end_at=start + timedelta(minutes=minutes),
        observed_s=60 * minutes,
        crossings=tuple(
            CrossingRecord(at=start + n * step, gate=gate, direction=list(Direction)[n % 2], road_user=user, track=n)
            for n, user in enumerate(users)
        ),
        gates=(
            GateRecord(
                gate=gate, direction=Direction.A, start_at=start, end_at=start + timedelta(minutes=1), coverage=1
            ),
        ),
    )


@pytest.fixture
def trend(pool):
    def read(now: datetime = NOW, gates=("utara", "selatan"), zone: ZoneInfo = JAKARTA) -> Trend:
        with transaction(pool) as connection:
            return camera_trend(connection, "laluan-1", gates, now, zone)

    return read


def test_the_usual_flow_is_the_median_of_the_same_weekday_and_hour(trend, store):
    past = {1: 300, 2: 120, 3: 100, 4: 140, 6: 110}
    store(
        observed(HOUR, 120, minutes=40, people=50),
        *(observed(HOUR - timedelta(weeks=week), n) for week, n in past.items()),
        observed(HOUR - timedelta(days=1), 900),
        observed(HOUR - timedelta(weeks=7), 900),
    )
    hour = trend().hours[-1]
    assert hour.start_at == HOUR
    assert (hour.flow_veh_h, hour.usual_veh_h, hour.weeks) == (180, 120, 5), "persons are no vehicles"


def test_a_trend_has_twelve_hours_with_null_where_nothing_is_known(trend, store):
    store(observed(HOUR - timedelta(hours=3), 60), observed(HOUR, 10, minutes=9))
    found = trend()
    assert found.gate == "utara"
    assert [hour.start_at for hour in found.hours] == [HOUR - timedelta(hours=n) for n in range(HOURS - 1, -1, -1)]
    assert [hour.flow_veh_h for hour in found.hours[-4:]] == [60, None, None, None], "nine minutes are not enough"
    assert {hour.usual_veh_h for hour in found.hours} == {None}


def test_one_week_is_no_usual_flow(trend, store):
    store(observed(HOUR, 60, minutes=30), observed(HOUR - timedelta(weeks=1), 60))
    hour = trend().hours[-1]
    assert (hour.usual_veh_h, hour.weeks) == (None, 1)


def test_an_hour_that_was_hardly_observed_is_no_usual_flow(trend, store):
    store(
        observed(HOUR, 60, minutes=30),
        observed(HOUR - timedelta(weeks=1), 60),
        observed(HOUR - timedelta(weeks=2), 0, minutes=9),
        observed(HOUR - timedelta(weeks=3), 0),
    )
    assert trend().hours[-1].usual_veh_h == 30, "an observed hour without vehicles is zero, not unknown"


def test_the_gate_is_the_busiest_of_those_that_exist(trend, store):
    store(
        observed(HOUR, 20, minutes=20),
        observed(HOUR + timedelta(minutes=20), 30, minutes=20, gate="selatan"),
        observed(HOUR - timedelta(minutes=20), 90, minutes=20, gate="gone"),
    )
    assert trend().gate == "selatan"
    assert trend(gates=()).hours == []


def test_a_camera_that_counted_nothing_for_a_day_has_no_trend(trend, store):
    store(observed(HOUR - timedelta(days=2), 60))
    assert trend() == Trend(camera_id="laluan-1", gate=None, hours=[])


def test_the_same_hour_of_the_clock_is_compared_after_the_clock_was_set(trend, store):
    amsterdam = ZoneInfo("Europe/Amsterdam")
    now = datetime(2026, 10, 27, 8, 30, tzinfo=UTC)  # Tuesday 9:30; two days before, the clock was set back an hour
    store(
        observed(datetime(2026, 10, 27, 8, 0, tzinfo=UTC), 60, minutes=30),
        *(observed(datetime(2026, 10, 20, 7, 0, tzinfo=UTC) - timedelta(weeks=w), 50) for w in range(2)),
        *(observed(datetime(2026, 10, 20, 8, 0, tzinfo=UTC) - timedelta(weeks=w), 900) for w in range(2)),
    )
    assert trend(now, zone=amsterdam).hours[-1].usual_veh_h == 50


def test_a_trend_is_public_where_its_camera_is_and_may_be_kept_for_a_minute(anonymous, signed_in):
    answer = anonymous.get("/api/cameras/laluan-1/trend")
    assert (answer.status_code, answer.json()["hours"]) == (200, [])
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert anonymous.get("/api/cameras/kantor/trend").status_code == 404
    assert signed_in("rina").get("/api/cameras/kantor/trend").headers["cache-control"] == "private, max-age=60"
