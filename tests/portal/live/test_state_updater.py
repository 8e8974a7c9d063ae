"""Updater of the current state: outage and recovery of the database."""

from datetime import timedelta

import httpx
import pytest
import structlog
from pydantic import SecretStr

from analytics.facts import Direction, Level
from pipelines.config.settings import StoreConfig
from pipelines.events.registered_camera import RegisteredCamera
from pipelines.events.schema import Event, GateRecord
from pipelines.store.database_errors import DatabaseUnavailable
from pipelines.store.pool import open_database
from pipelines.store.writer import EventWriter
from portal.live import camera_state as state
from tests.support.portal import client_of, serving
from tests.support.portal_events import ago, level, minute, online, ten_seconds
from tests.support.servers import wait_until
from tests.support.sse import listening


@pytest.mark.integration
def test_cameras_have_no_data_while_the_database_is_down_and_recover_with_it(config, postgres_server, monkeypatch):
    config = config.model_copy(update={"store": StoreConfig(dsn=SecretStr(postgres_server.new_database()))})
    catalogues = []
    with (
        open_database(config) as pool,
        serving(config, pool, lambda app: catalogues.append(app.state.services.catalogue)) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=20) as client,
    ):

        def report():
            events = [online("barelang", ago(0)), level("barelang", "view", ago(0), Level.DENSE, Level.FREE)]
            EventWriter(pool).write([Event.wrap(event, ago(0)) for event in events])

        def is_reported():
            """Store a report, as the bus retries; connections of the pool recover one by one."""
            try:
                report()
            except DatabaseUnavailable:
                return False
            return True

        def barelang():
            return client.get("/api/cameras/barelang").json()

        report()
        wait_until(lambda: barelang()["level"] == "dense", "the level")
        with listening(client) as stream:
            postgres_server.kill()
            lost = client.get("/api/cameras/laluan-1/counts")
            assert lost.status_code == 503
            assert lost.json() == {"detail": "The database does not answer; please try again in a minute."}
            assert client.get("/api/city").status_code == 200
            # As if thirty seconds had passed.
            monkeypatch.setattr(state, "HEALTH_LIFETIME", -state.HEALTH_LIFETIME)
            silent = stream.until(lambda _, data: data.get("id") == "barelang" and data["status"] == "offline")
            assert silent["level"] == "unknown"
            assert (barelang()["status"], barelang()["level"]) == ("offline", "unknown")
            catalogues[0].set_registered([RegisteredCamera(id="laluan-1", name="Laluan", url="rtsp://10.0.0.7/1")])
            wait_until(lambda: "laluan-1" not in client.get("/api/cameras").text, "a camera to be hidden meanwhile")
            catalogues[0].set_registered([])
            monkeypatch.undo()
            postgres_server.start()
            wait_until(lambda: client.get("/api/cameras/laluan-1/counts").status_code == 200, "the database")
            wait_until(is_reported, "the events to be stored")
            assert (
                stream.until(lambda _, data: data.get("id") == "barelang" and data["status"] == "online")["level"]
                == "dense"
            )


def test_bug_is_logged_with_its_traceback_and_updates_continue_after_it(config, postgres_dsn):
    config = config.model_copy(update={"store": StoreConfig(dsn=SecretStr(postgres_dsn))})
    with (
        structlog.testing.capture_logs() as logs,
        open_database(config) as pool,
        serving(config, pool) as address,
        client_of(address) as client,
    ):

        def execute(statement):
            with pool.connection() as connection:
                connection.execute(statement)

        EventWriter(pool).write([Event.wrap(online("barelang", ago(1)), ago(1))])
        execute("UPDATE health SET status = 'of a version to come'")
        wait_until(lambda: any(entry["log_level"] == "error" for entry in logs), "the error to be logged")
        execute("DELETE FROM health")
        EventWriter(pool).write([Event.wrap(online("barelang", ago(0)), ago(0))])
        wait_until(lambda: client.get("/api/cameras/barelang").json()["status"] == "online", "the updates to continue")
    error = next(entry for entry in logs if entry["log_level"] == "error")
    assert error["event"] == "the state of the cameras cannot be updated"
    assert error["exc_info"]


def test_flows_stay_after_a_reconnect(config, pool, store):
    begin = minute(ago(540))
    gates = [gate_of("utara", begin + n * timedelta(minutes=1)) for n in range(8)]
    store(online("laluan-1", ago(1)), ten_seconds(begin, gates=gates))
    with (
        structlog.testing.capture_logs() as logs,
        serving(config, pool) as address,
        client_of(address) as client,
    ):

        def flow():
            return client.get("/api/cameras/laluan-1").json()["flow_veh_h"]

        wait_until(lambda: flow() is not None, "the flow")
        with pool.connection() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        wait_until(lambda: any("can be read again" in entry["event"] for entry in logs), "the updates to continue")
        assert flow() == 600


def gate_of(gate, start):
    """A minute in which 600 vehicles an hour pass in one direction."""
    end = start + timedelta(minutes=1)
    return GateRecord(gate=gate, direction=Direction.A, start_at=start, end_at=end, coverage=1.0, flow_veh_h=600)
