"""Uptime over HTTP: by camera, site and owner, by day and month, with causes; only of cameras that the user may see."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipelines.store.camera_service import record_cameras
from pipelines.store.pool import transaction
from portal.uptime.daily_uptime import DailyUptimeReader, first_day, months_of

CITY = ZoneInfo("Asia/Jakarta")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
DAY_S = 86_400


@pytest.fixture(params=[(1, 0), (15, 24 * 60 - 1)], ids=["first-minute-of-a-month", "last-minute-of-a-day"])
def now(request, monkeypatch):
    """A time of the present month, in place of the clock: day of the month, and minute of the day."""
    day, minute = request.param
    midnight = datetime.now(CITY).replace(day=day, hour=0, minute=0, second=30, microsecond=0)
    now = (midnight + minute * MINUTE).astimezone(UTC)
    read = DailyUptimeReader.read
    monkeypatch.setattr(DailyUptimeReader, "read", lambda self, _: read(self, now))
    return now


@pytest.fixture
def midnight(now):
    """Start of the present day of the city."""
    return now.astimezone(CITY).replace(hour=0, minute=0, second=0).astimezone(UTC)


@pytest.fixture
def records(pool, midnight):
    """Writes what the store knows of cameras. Everything before today is assessed."""

    class Records:
        def service(self, camera, since, state="in_service"):
            with transaction(pool) as connection:
                connection.execute(
                    "INSERT INTO camera_service VALUES (%s, %s, %s, NULL, NULL, true)", [camera, since, state]
                )

        def gap(self, camera, start, cause, *, minutes=1, coverage=0.0):
            with transaction(pool) as connection:
                connection.execute(
                    "INSERT INTO gaps SELECT %s, at, %s, %s, '' FROM generate_series(%s::timestamptz,"
                    " %s::timestamptz, interval '1 minute') AS at",
                    [camera, coverage, cause, start, start + (minutes - 1) * MINUTE],
                )

    with transaction(pool) as connection:
        connection.execute("DELETE FROM gap_progress")
        connection.execute("INSERT INTO gap_progress VALUES (%s)", [midnight])
    return Records()


def report(client, period="30d"):
    answer = client.get("/api/uptime", params={"period": period})
    assert answer.status_code == 200, answer.text
    return answer.json()


def of_camera(found, camera_id):
    (row,) = (row for row in found["cameras"] if row["id"] == camera_id)
    return row


def test_each_day_has_its_own_gaps_by_cause(records, now, midnight, anonymous):
    records.service("laluan-1", midnight - 2 * DAY)
    records.gap("laluan-1", midnight - 2 * DAY, "link", minutes=30)
    records.gap("laluan-1", midnight - DAY - MINUTE, "view", coverage=0.25)
    records.gap("laluan-1", midnight - DAY, "link", minutes=5)
    found = report(anonymous)
    row = of_camera(found, "laluan-1")
    assert row["periods"][-3:] == [
        {"observed_s": DAY_S - 30 * 60 - 45, "unobserved_s": {"link": 1800, "view": 45}},
        {"observed_s": DAY_S - 300, "unobserved_s": {"link": 300}},
        None,
    ], "today is not assessed yet"
    assert row["periods"][:-3] == [None] * 27, "before a camera is known it does not count"
    assert row["total"] == {"observed_s": 2 * DAY_S - 2145, "unobserved_s": {"link": 2100, "view": 45}}
    assert found["periods"][-1] == f"{now.astimezone(CITY):%Y-%m-%d}"
    assert found["assessed_until"] == midnight.isoformat().replace("+00:00", "Z")


def test_minutes_that_are_not_assessed_do_not_count_as_observed(pool, records, midnight, anonymous):
    records.service("laluan-1", midnight - 9 * DAY)
    with transaction(pool) as connection:
        connection.execute("UPDATE gap_progress SET assessed_until = %s", [midnight - 3 * DAY])
    row = of_camera(report(anonymous), "laluan-1")
    assert [period and period["observed_s"] for period in row["periods"][-6:]] == [DAY_S, DAY_S, None, None, None, None]


def test_a_removed_camera_counts_until_its_removal_and_again_when_it_is_back(records, midnight, anonymous):
    records.service("barelang", midnight - 4 * DAY)
    records.service("barelang", midnight - 3 * DAY, "removed")
    records.service("barelang", midnight - 1.5 * DAY, "maintenance")
    records.gap("barelang", midnight - 1.5 * DAY, "maintenance", minutes=36 * 60)
    row = of_camera(report(anonymous), "barelang")
    assert row["periods"][-5:] == [
        {"observed_s": DAY_S, "unobserved_s": {}},
        None,
        {"observed_s": 0, "unobserved_s": {"maintenance": DAY_S // 2}},
        {"observed_s": 0, "unobserved_s": {"maintenance": DAY_S}},
        None,
    ]


def test_sites_and_owners_are_sums_of_their_cameras_and_the_city_owns_the_others(records, midnight, signed_in):
    for camera, minutes in (("laluan-1", 10), ("barelang", 20), ("kantor", 40)):
        records.service(camera, midnight - DAY)
        records.gap(camera, midnight - DAY, "worker", minutes=minutes)
    found = report(signed_in("sari"))
    lost = {row["name"]: row["total"]["unobserved_s"]["worker"] / 60 for row in found["owners"]}
    assert lost == {"Dishub": 10, "Batam": 60}
    assert [(row["id"], row["name"], row["total"]["unobserved_s"]) for row in found["sites"]] == [
        ("laluan", "Simpang Laluan", {"worker": 600})
    ]
    assert found["city"]["total"] == {"observed_s": 3 * DAY_S - 4200, "unobserved_s": {"worker": 4200}}
    assert [(row["id"], row["site"], row["owner"]) for row in found["cameras"]] == [
        ("laluan-1", "Simpang Laluan", "Dishub"),
        ("barelang", None, "Batam"),
        ("kantor", None, "Batam"),
    ]


def test_the_public_sees_no_trace_of_other_cameras(records, midnight, anonymous, signed_in):
    for camera in ("barelang", "kantor"):
        records.service(camera, midnight - DAY)
    records.service("kantor", midnight - 100 * DAY)
    records.gap("kantor", midnight - DAY, "camera", minutes=600)
    assert of_camera(report(signed_in("rina")), "kantor")["total"]["unobserved_s"] == {"camera": 36_000}
    found = report(anonymous)
    assert [row["id"] for row in found["cameras"]] == ["laluan-1", "barelang"]
    assert found["city"]["total"] == {"observed_s": DAY_S, "unobserved_s": {}}
    assert found["months"] == [f"{(midnight - DAY).astimezone(CITY):%Y-%m}"]


def test_twelve_months_are_sums_of_their_days(records, now, midnight, anonymous):
    begin = first_day(now, CITY)
    records.service("laluan-1", begin - 40 * DAY)
    records.gap("laluan-1", begin - MINUTE, "link")
    records.gap("laluan-1", begin, "link", minutes=2)
    found = report(anonymous, "12m")
    periods = of_camera(found, "laluan-1")["periods"]
    assert len(periods) == len(found["periods"]) == 12
    assert len(found["months"]) == (11 if midnight.astimezone(CITY).day == 1 else 12), "with an assessed day"
    assert found["periods"][0] == f"{begin.astimezone(CITY):%Y-%m-01}"
    assert periods[0]["unobserved_s"] == {"link": 120}, "earlier months are not published"
    in_all = sum(sum(period["unobserved_s"].values(), period["observed_s"]) for period in periods if period)
    assert in_all == (midnight - begin).total_seconds()
    by_day = of_camera(report(anonymous, found["months"][0]), "laluan-1")["periods"]
    assert by_day[0]["unobserved_s"] == {"link": 120}
    assert sum(period["observed_s"] for period in by_day) == periods[0]["observed_s"]


@pytest.mark.parametrize(
    ("period", "status"), [("2019-01", 404), ("2999-12", 404), ("2026-13", 404), ("7d", 422), ("", 422)]
)
def test_another_period_is_refused(records, anonymous, period, status):
    answer = anonymous.get("/api/uptime", params={"period": period})
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_a_camera_without_records_has_no_uptime(records, anonymous):
    found = report(anonymous)
    assert of_camera(found, "barelang")["total"] is None
    assert (found["city"]["total"], found["months"]) == (None, [])


def test_what_the_store_records_of_the_configuration_counts(pool, records, midnight, config, anonymous):
    record_cameras(pool, config.cameras)
    with transaction(pool) as connection:
        connection.execute("UPDATE camera_service SET since = %s", [midnight - 2 * DAY])
    assert of_camera(report(anonymous), "barelang")["total"]["observed_s"] == 2 * DAY_S


def test_late_data_of_any_month_is_read_again(pool, records, now, midnight):
    begin = first_day(now, CITY)
    reader = DailyUptimeReader(pool, CITY)
    records.service("laluan-1", begin)

    def lost_s():
        return lost_of(reader, now)

    assert lost_s() == 0
    records.gap("laluan-1", midnight - DAY, "link")
    assert lost_s() == 60, "the newest days at once"
    for month in range(12):
        records.gap("laluan-1", begin + (31 * month + 5) * DAY, "view", minutes=2 if month < 10 else 0)
    found = [lost_s() for _ in range(12)]
    assert found == sorted(found)
    assert found[-1] == 60 + 10 * 120, "one of the older months each time"


def test_what_is_assessed_during_a_reading_counts_from_the_next(pool, records, midnight, monkeypatch):
    reader = DailyUptimeReader(pool, CITY)
    records.service("laluan-1", midnight - 2 * DAY)
    read_sums = reader._read_sums

    def while_the_store_assesses(*arguments):
        records.gap("laluan-1", midnight, "link", minutes=30)
        read_sums(*arguments)

    monkeypatch.setattr(reader, "_read_sums", while_the_store_assesses)
    assert lost_of(reader, midnight + DAY) == 0
    monkeypatch.setattr(reader, "_read_sums", read_sums)
    with transaction(pool) as connection:
        connection.execute("UPDATE gap_progress SET assessed_until = %s", [midnight + 60 * MINUTE])
    assert lost_of(reader, midnight + DAY) == 30 * 60


def test_months_that_are_assessed_late_are_read_again(pool, records, midnight):
    now = datetime.now(UTC)
    reader = DailyUptimeReader(pool, CITY)
    begin = first_day(now, CITY)
    records.service("laluan-1", begin)
    for month in range(10):
        records.gap("laluan-1", begin + (31 * month + 5) * DAY, "view", minutes=2)
    for assessed_until, lost_s in ((begin, 0), (midnight, 10 * 120)):
        with transaction(pool) as connection:
            connection.execute("UPDATE gap_progress SET assessed_until = %s", [assessed_until])
        assert lost_of(reader, now) == lost_s


def lost_of(reader, now):
    """Unobserved seconds of a camera in all days."""
    daily = reader.read(now).of_camera["laluan-1"]
    return sum(sum(uptime.unobserved_s.values()) for uptime in daily if uptime)


def test_months_are_those_of_the_city_in_every_zone():
    for name in ("Asia/Jakarta", "Asia/Jayapura", "Asia/Kolkata", "Europe/Berlin", "America/St_Johns"):
        zone = ZoneInfo(name)
        now = datetime(2026, 3, 31, 23, 30, tzinfo=zone)
        begin = first_day(now, zone)
        assert begin.astimezone(zone).isoformat()[:19] == "2025-04-01T00:00:00"
        days = [datetime(2026, month, day, tzinfo=zone) for month, day in ((1, 30), (1, 31), (2, 1), (2, 2))]
        assert months_of(days, zone) == [days[:3], days[2:]]
