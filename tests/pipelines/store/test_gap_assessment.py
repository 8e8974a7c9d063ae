"""Gaps in the database: every incomplete minute has one, with its cause, also after late data."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from psycopg_pool import ConnectionPool
from pydantic import SecretStr

from pipelines.config.settings import CameraConfig
from pipelines.events.condition import Condition
from pipelines.events.condition_status import STATUS_OF
from pipelines.events.schema import CountsReport, Event, GapReport, Health, LossReason
from pipelines.store import gap_marks
from pipelines.store.camera_service import record_cameras
from pipelines.store.gap_assessment import assess_next
from pipelines.store.gap_marks import minute_of
from pipelines.store.pool import open_database
from pipelines.store.writer import EventWriter
from tests.support.store_config import config_for

MINUTE = timedelta(minutes=1)
BEFORE = 5
"""Minutes before the newest that ended long enough ago."""


@pytest.fixture(params=["postgres_dsn", pytest.param("timescaledb_dsn", marks=pytest.mark.integration)])
def pool(request: pytest.FixtureRequest) -> Iterator[ConnectionPool]:
    with open_database(config_for(request.getfixturevalue(request.param)), max_connections=1) as opened:
        yield opened


class City:
    """A database in which time began `BEFORE` minutes before `self.now`, the newest minute to assess."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._write = EventWriter(pool).write
        with pool.connection() as connection:
            (now,) = connection.execute("SELECT now() - interval '2 minutes'").fetchone() or ()
            self.now: datetime = minute_of(now)
            connection.execute("UPDATE gap_progress SET assessed_until = %s", [self.now - BEFORE * MINUTE])

    @property
    def after(self) -> timedelta:
        """Return the time after which a minute is assessed, so that the first one not assessed is `self.now`."""
        return datetime.now(UTC) - self.now - MINUTE / 2

    def minute(self, number: int) -> datetime:
        """Return the start of a minute. number: 0 for the first, `BEFORE - 1` for the last."""
        return self.now + (number - BEFORE) * MINUTE

    def configure(self, *cameras: CameraConfig) -> None:
        """Put cameras into service, as if since before the first minute."""
        record_cameras(self._pool, cameras)
        with self._pool.connection() as connection:
            connection.execute("UPDATE camera_service SET since = %s", [self.minute(-1)])

    def remove_all(self, number: int) -> None:
        """Remove all cameras, as if at the start of a minute, an hour after they were put into service."""
        record_cameras(self._pool, [])
        with self._pool.connection() as connection:
            connection.execute(
                "UPDATE camera_service SET since = %s - CASE state WHEN 'removed' THEN '0 h' ELSE interval '1 h' END",
                [self.minute(number)],
            )

    def observed(self, camera: str, number: int, *, seconds: int = 60) -> None:
        start = self.minute(number)
        periods = [start + timedelta(seconds=t) for t in range(0, seconds, 10)]
        end = timedelta(seconds=10)
        self.write(
            *(CountsReport(camera_id=camera, start_at=at, end_at=at + end, observed_s=10.0) for at in periods),
            *(
                Health(camera_id=camera, at=at, status=STATUS_OF[Condition.OK], condition=Condition.OK)
                for at in periods
            ),
        )

    def offline(self, camera: str, number: int, condition: Condition, last_frame_at: datetime | None = None) -> None:
        self.write(
            *(
                Health(
                    camera_id=camera,
                    at=self.minute(number) + timedelta(seconds=t),
                    status=STATUS_OF[condition],
                    condition=condition,
                    last_frame_at=last_frame_at,
                )
                for t in range(0, 60, 5)
            )
        )

    def write(self, *data: CountsReport | Health | GapReport) -> None:
        self._write([Event.wrap(each, self.now) for each in data])

    def gaps(self) -> list[tuple[str, int, float, str]]:
        """Assess all that is left, and return camera, number of the minute, coverage and cause of every gap."""
        while assess_next(self._pool, after=self.after):
            pass
        with self._pool.connection() as connection:
            rows = connection.execute("SELECT * FROM gaps ORDER BY camera_id, start_at").fetchall()
        return [
            (camera, round((start - self.minute(0)) / MINUTE), round(coverage, 2), cause)
            for camera, start, coverage, cause, _ in rows
        ]


@pytest.fixture
def city(pool: ConnectionPool) -> City:
    return City(pool)


def camera(name: str, *, site: str | None = None, out_of_service: dict[str, str] | None = None) -> CameraConfig:
    url = SecretStr(f"rtsp://{name}.invalid/live")
    return CameraConfig.model_validate(
        {"id": name, "name": name, "url": url, "site": site, "out_of_service": out_of_service}
    )


def test_minutes_without_any_record_are_gaps_of_the_worker(city: City) -> None:
    city.configure(camera("a"))
    city.observed("a", 0)
    city.observed("a", 1, seconds=20)  # killed in this minute
    city.observed("a", 4)
    assert city.gaps() == [("a", 1, 0.33, "worker"), ("a", 2, 0.0, "worker"), ("a", 3, 0.0, "worker")]


def test_late_data_removes_or_shrinks_the_gaps_of_its_minutes_and_no_other(city: City) -> None:
    city.configure(camera("a"), camera("b"))
    for number in range(BEFORE):
        city.observed("b", number)
    assert [gap[:2] for gap in city.gaps()] == [("a", number) for number in range(BEFORE)]
    city.observed("a", 2)
    city.observed("a", 3, seconds=30)
    city.observed("a", 3, seconds=30)  # a replay changes nothing
    assert city.gaps() == [("a", 0, 0, "worker"), ("a", 1, 0, "worker"), ("a", 3, 0.5, "worker"), ("a", 4, 0, "worker")]


def test_a_camera_that_no_configuration_names_is_in_service_from_its_first_record_on(city: City) -> None:
    city.observed("a", 1)
    assert city.gaps() == [("a", number, 0.0, "worker") for number in (2, 3, 4)]


def test_minutes_after_the_first_record_of_a_camera_are_gaps_also_where_it_arrives_late(city: City) -> None:
    assert city.gaps() == []  # all minutes are assessed
    city.observed("a", 3)  # live events overtake the backlog of an outage
    assert city.gaps() == [("a", 4, 0.0, "worker")]
    city.observed("a", 0)
    assert city.gaps() == [("a", number, 0.0, "worker") for number in (1, 2, 4)]
    city.observed("a", 2)
    assert city.gaps() == [("a", number, 0.0, "worker") for number in (1, 4)]


def test_a_first_record_with_the_time_of_an_unset_clock_puts_no_camera_into_service(city: City) -> None:
    city.observed("a", -20 * 365 * 24 * 60)
    assert city.gaps() == []


def test_a_camera_that_reported_before_the_configuration_named_it_is_removed_with_it(
    city: City, pool: ConnectionPool
) -> None:
    city.observed("a", 0)
    city.gaps()
    record_cameras(pool, [camera("a")])  # as it reports: in service, without site and owner
    record_cameras(pool, [])
    with pool.connection() as connection:
        connection.execute("UPDATE camera_service SET since = %s WHERE state = 'removed'", [city.minute(3)])
        connection.execute("INSERT INTO gap_marks (camera_id, start_at) SELECT 'a', start_at FROM gaps")
    assert city.gaps() == [("a", 1, 0.0, "worker"), ("a", 2, 0.0, "worker")]


@pytest.mark.parametrize("late", [False, True])
def test_a_camera_that_reports_long_after_its_removal_is_in_service_again(
    city: City, pool: ConnectionPool, late: bool
) -> None:
    """So it is with one that moved from the configuration to the registry of a group."""
    city.configure(camera("a", site="s"))
    city.remove_all(-15)
    if late:
        assert city.gaps() == []
    city.observed("a", 1)
    city.observed("a", 3)
    expected = [("a", 2, 0.0, "worker"), ("a", 4, 0.0, "worker")]
    assert city.gaps() == expected
    record_cameras(pool, [])  # a store that starts again
    with pool.connection() as connection:
        newest = connection.execute("SELECT state, site FROM camera_service ORDER BY since DESC LIMIT 1").fetchall()
    assert newest == [("in_service", "s")]


def test_a_worker_that_goes_on_for_minutes_with_a_removed_camera_puts_it_not_into_service(city: City) -> None:
    city.configure(camera("a"))
    city.remove_all(1)
    for number in range(3):
        city.observed("a", number)
    assert city.gaps() == []


def test_a_record_is_late_by_the_time_of_its_mark_and_not_of_the_start_of_its_transaction(
    city: City, pool: ConnectionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = Health(camera_id="a", at=city.minute(0), status=STATUS_OF[Condition.OK], condition=Condition.OK)
    with pool.connection() as connection:
        (age,) = connection.execute("SELECT now() - %s", [city.minute(0)]).fetchone() or ()
        monkeypatch.setattr(gap_marks, "LATE_AFTER", age + timedelta(milliseconds=50) - MINUTE)
        connection.execute("SELECT pg_sleep(0.1)")  # locks
        gap_marks.mark_late(connection, [Event.wrap(report, city.now)])
        assert connection.execute("SELECT start_at FROM gap_marks").fetchall() == [(city.minute(0),)]


def test_a_camera_out_of_service_is_in_maintenance_and_a_removed_one_has_no_gaps(
    city: City, pool: ConnectionPool
) -> None:
    city.configure(camera("a", out_of_service={"id": "Diperbaiki"}), camera("b"))
    record_cameras(pool, [camera("a", out_of_service={"id": "Diperbaiki"})])
    with pool.connection() as connection:
        connection.execute("UPDATE camera_service SET since = %s WHERE state = 'removed'", [city.minute(2)])
    assert city.gaps() == [
        *(("a", number, 0.0, "maintenance") for number in range(BEFORE)),
        ("b", 0, 0.0, "worker"),
        ("b", 1, 0.0, "worker"),
    ]


def test_a_site_whose_cameras_vanish_together_is_one_outage_also_where_the_reports_are_late(city: City) -> None:
    city.configure(camera("a", site="s"), camera("b", site="s"), camera("c"))
    for name in ("a", "b", "c"):
        for number in (0, 1, 4):
            city.observed(name, number)
    last = city.minute(2)
    for number in (2, 3):
        city.offline("a", number, Condition.UNREACHABLE, last)
        city.offline("c", number, Condition.UNREACHABLE, last)
    assert city.gaps() == [
        (name, n, 0.0, c) for name, c in (("a", "link"), ("b", "worker"), ("c", "link")) for n in (2, 3)
    ]
    for number in (2, 3):  # another worker, whose outbox had to wait
        city.offline("b", number, Condition.CONNECTION_REFUSED, last + timedelta(seconds=9))
    causes = {(name, cause) for name, _, _, cause in city.gaps()}
    assert causes == {("a", "site_power"), ("b", "site_power"), ("c", "link")}


def test_counts_that_a_worker_had_to_drop_are_a_gap_with_that_reason(city: City, pool: ConnectionPool) -> None:
    city.configure(camera("a"))
    for number in (0, 1, 4):
        city.observed("a", number)
    for number in (2, 3):
        city.offline("a", number, Condition.OK)
    assert [cause for *_, cause in city.gaps()] == ["unknown", "unknown"]
    city.write(
        GapReport(
            camera_id="a",
            start_at=city.minute(2),
            end_at=city.minute(4),
            lost="counts",
            events=12,
            reason=LossReason.OUTBOX_FULL,
        )
    )
    assert city.gaps() == [("a", 2, 0.0, "worker"), ("a", 3, 0.0, "worker")]
    with pool.connection() as connection:
        details = connection.execute("SELECT DISTINCT detail FROM gaps").fetchall()
    assert details == [("outbox_full",)]


def test_every_minute_is_complete_or_a_gap_after_any_order_of_writing_and_assessing(city: City) -> None:
    city.configure(camera("a"))
    complete = set()
    for number in (3, 0, 4):
        city.observed("a", number)
        complete.add(number)
        assert {gap[1] for gap in city.gaps()} == set(range(BEFORE)) - complete


def test_one_store_assesses_while_others_write(postgres_dsn: str) -> None:
    with open_database(config_for(postgres_dsn)) as pool:
        city = City(pool)
        city.configure(camera("a"))
        with pool.connection() as other:
            other.execute("SELECT * FROM gap_progress FOR UPDATE")
            assert not assess_next(pool, after=city.after)  # another store assesses
            city.observed("a", 1)
        assert [gap[1] for gap in city.gaps()] == [0, 2, 3, 4]
