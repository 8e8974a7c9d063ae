"""SQL of the portal on TimescaleDB; the test server accepts one connection at a time."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from analytics.facts import Level
from pipelines.config.settings import Config, StoreConfig
from pipelines.events.schema import Event
from pipelines.store.history.bucket_queries import BucketRange
from pipelines.store.pool import open_database, transaction
from pipelines.store.writer import EventWriter
from portal.history.crossing_counts import crossing_counts, observed_minutes
from portal.history.rows import gate_history, zone_history
from portal.incidents.queries import IncidentFilter, list_incidents
from portal.live.queries import newest_health, newest_levels
from tests.support.portal_events import NOON, crossing, incident, level, online, ten_seconds, zone_minute

pytestmark = pytest.mark.integration
END = NOON + timedelta(minutes=10)


@pytest.fixture
def connection(timescaledb_dsn, tmp_path):
    config = Config(store=StoreConfig(dsn=SecretStr(timescaledb_dsn)), data_dir=tmp_path)
    with open_database(config, max_connections=1) as pool:
        facts = [
            ten_seconds(NOON, crossing(NOON), zones=(zone_minute(0, speed_kmh=30, density_veh_km_lane=20),)),
            online("laluan-1", NOON),
            level("laluan-1", "masuk", NOON, Level.DENSE, Level.FREE),
            incident(1),
        ]
        EventWriter(pool).write([Event.wrap(fact, NOON) for fact in facts])
        with transaction(pool) as connection:
            yield connection


def test_every_query_has_the_same_result_as_on_postgresql(connection):
    span = BucketRange(camera_id="laluan-1", edges=[NOON, NOON + timedelta(minutes=5), END], interval_s=300)
    assert [row.counts and row.counts["car"] for row in gate_history(connection, span, "utara")] == [1, None]
    assert [row.speed_kmh for row in zone_history(connection, span, "masuk")] == [30, None]
    assert [row.n for row in crossing_counts(connection, "laluan-1", NOON, END)] == [1]
    assert [row.observed_s for row in observed_minutes(connection, "laluan-1", NOON, END)] == [10]
    before = NOON - timedelta(minutes=1)
    assert [row.status for row in newest_health(connection, ["laluan-1"], before)] == ["online"]
    assert [row.level for row in newest_levels(connection, [("laluan-1", "masuk")], before)] == [Level.DENSE]
    assert [row.zone for row in list_incidents(connection, IncidentFilter(cameras=["laluan-1"]), 10)] == [None]
