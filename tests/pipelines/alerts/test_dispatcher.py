"""Webhooks against a real receiver, which refuses, dies and comes back."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from psycopg_pool import ConnectionPool
from pydantic import SecretStr

from analytics.camera import Position
from analytics.facts import IncidentType
from pipelines.alerts.channels.webhook import WebhookChannel
from pipelines.alerts.dispatcher import AlertDispatcher
from pipelines.alerts.rules import AlertRules
from pipelines.config.settings import CameraConfig, Config, SiteConfig, StoreConfig, WebhookConfig
from pipelines.errors import UserError
from pipelines.events.schema import Event, IncidentPhase
from pipelines.store.pool import open_database
from pipelines.store.writer import EventWriter
from tests.support.events import incident
from tests.support.servers import wait_until
from tests.support.webhook_receiver import SECRET, Receiver, webhook

PORTAL = "https://lalu-lintas.example"


def city(dsn: str, *webhooks: WebhookConfig) -> Config:
    return Config(
        sites=(SiteConfig(id="kda", name="Simpang KDA"),),
        cameras=(
            CameraConfig(
                id="simpang-kda-1",
                name="KDA utara",
                url=SecretStr("rtsp://admin:s3cret@10.0.0.7/h264"),
                site="kda",
                position=Position(lat=1.0, lon=104.0),
            ),
        ),
        store=StoreConfig(dsn=SecretStr(dsn)),
        webhooks=webhooks,
    )


def deliveries(pool: ConnectionPool, columns: str = "delivered_at IS NOT NULL") -> list[tuple[Any, ...]]:
    with pool.connection() as connection:
        return connection.execute(
            f"SELECT {columns} FROM webhook_deliveries ORDER BY webhook_id, incident_id, phase DESC"
        ).fetchall()


@contextmanager
def opened(config: Config, *events: Event) -> Iterator[ConnectionPool]:
    """Open the database with these events stored."""
    with open_database(config) as pool:
        EventWriter(pool, AlertRules(config)).write(events)
        yield pool


def test_an_alert_contains_type_place_time_and_reason(postgres_dsn: str) -> None:
    receiver = Receiver()
    config = city(postgres_dsn, webhook(receiver))
    with (
        opened(config, incident(IncidentPhase.RAISED)) as pool,
        receiver.listening(),
        AlertDispatcher(pool, config.webhooks, f"{PORTAL}/"),
    ):
        wait_until(lambda: deliveries(pool) == [(True,)], "the alert to be delivered")
    ((headers, body),) = receiver.requests
    assert headers["content-type"] == "application/json"
    assert headers["idempotency-key"] == "cam-7-raised"
    assert json.loads(body) == {
        "incident_id": "cam-7",
        "phase": "raised",
        "type": "stopped_vehicle",
        "zone": "approach",
        "camera": {"id": "simpang-kda-1", "name": "KDA utara"},
        "site": {"id": "kda", "name": "Simpang KDA"},
        "position": {"lat": 1.13, "lon": 104.05},
        "start_at": "2026-11-22T05:00:00Z",
        "detected_at": "2026-11-22T05:00:20Z",
        "end_at": None,
        "confidence": 0.8,
        "state": "new",
        "reason": "A car has stood in a live lane for 20 s.",
        "links": {
            "incident": f"{PORTAL}/kejadian/cam-7",
            "snapshot": f"{PORTAL}/api/incidents/cam-7/snapshot.jpg",
        },
    }


def test_an_incident_without_a_position_is_placed_at_its_camera(postgres_dsn: str) -> None:
    config = city(postgres_dsn, webhook(Receiver()))
    with opened(config, incident(IncidentPhase.RAISED, lat=None, lon=None)) as pool:
        ((payload,),) = deliveries(pool, "payload")
    assert payload["position"] == {"lat": 1.0, "lon": 104.0}


def test_the_signature_covers_time_and_body(postgres_dsn: str) -> None:
    receiver = Receiver()
    config = city(postgres_dsn, webhook(receiver))
    with (
        opened(config, incident(IncidentPhase.RAISED)) as pool,
        receiver.listening(),
        AlertDispatcher(pool, config.webhooks, None),
    ):
        wait_until(lambda: receiver.requests, "the alert")
    ((headers, body),) = receiver.requests
    parts = dict(part.split("=", 1) for part in headers["x-simpang-signature"].split(","))
    expected = hmac.new(SECRET.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(parts["v1"], expected)
    assert abs(time.time() - int(parts["t"])) < 300


def test_an_alert_survives_refusals_and_restarts_of_either_side(postgres_dsn: str) -> None:
    receiver = Receiver(503, 404)
    config = city(postgres_dsn, webhook(receiver))
    with opened(config, incident(IncidentPhase.RAISED)) as pool, AlertDispatcher(pool, config.webhooks, PORTAL):
        wait_until(lambda: deliveries(pool, "last_error IS NOT NULL") == [(True,)], "an attempt with no receiver there")
    with open_database(config) as pool, AlertDispatcher(pool, config.webhooks, PORTAL):
        with receiver.listening():
            wait_until(lambda: receiver.requests, "an attempt that is refused")
        with receiver.listening():
            wait_until(lambda: deliveries(pool) == [(True,)], "the alert to be delivered")
        assert deliveries(pool, "last_error") == [(None,)]
    assert len(receiver.requests) == 3
    assert set(receiver.keys) == {"cam-7-raised"}
    assert len({body for _, body in receiver.requests}) == 1


def test_a_receiver_that_is_gone_gets_no_second_attempt(postgres_dsn: str) -> None:
    receiver = Receiver(410)
    config = city(postgres_dsn, webhook(receiver))
    with (
        opened(config, incident(IncidentPhase.RAISED)) as pool,
        receiver.listening(),
        AlertDispatcher(pool, config.webhooks, PORTAL),
    ):
        wait_until(
            lambda: deliveries(pool, "given_up_at IS NOT NULL, last_error") == [(True, "HTTP 410")],
            "the alert to be given up",
        )
        with pool.connection() as connection:
            connection.execute("UPDATE webhook_deliveries SET next_attempt_at = now() - interval '1 hour'")
        EventWriter(pool, AlertRules(config)).write([incident(IncidentPhase.RAISED, incident_id="cam-8")])
        wait_until(lambda: "cam-8-raised" in receiver.keys, "the next alert")
    assert receiver.keys == ["cam-7-raised", "cam-8-raised"]


@pytest.mark.parametrize(
    ("answer", "hours", "given_up"), [(404, 2, True), (404, 0, False), (503, 2, False), (503, 25, True)]
)
def test_old_alerts_are_given_up(postgres_dsn: str, answer: int, hours: int, given_up: bool) -> None:
    receiver = Receiver(answer)
    config = city(postgres_dsn, webhook(receiver))
    with opened(config, incident(IncidentPhase.RAISED)) as pool, receiver.listening():
        with pool.connection() as connection:
            connection.execute("UPDATE webhook_deliveries SET created_at = now() - make_interval(hours => %s)", [hours])
        with AlertDispatcher(pool, config.webhooks, PORTAL):
            wait_until(lambda: deliveries(pool, "last_error") == [(f"HTTP {answer}",)], "the answer to be stored")
        assert deliveries(pool, "given_up_at IS NOT NULL") == [(given_up,)]


def test_the_end_of_an_incident_is_sent_after_its_start(postgres_dsn: str) -> None:
    receiver = Receiver(503)
    config = city(postgres_dsn, webhook(receiver))
    events = [incident(IncidentPhase.RAISED), incident(IncidentPhase.ENDED)]
    with (
        opened(config, *events) as pool,
        receiver.listening(),
        AlertDispatcher(pool, config.webhooks, PORTAL),
    ):
        wait_until(lambda: deliveries(pool) == [(True,), (True,)], "both alerts to be delivered")
    assert receiver.keys == ["cam-7-raised", "cam-7-raised", "cam-7-ended"]


def test_two_dispatchers_send_each_alert_once(postgres_dsn: str) -> None:
    receiver = Receiver()
    config = city(postgres_dsn, webhook(receiver))
    events = [incident(IncidentPhase.RAISED, incident_id=f"cam-{n}") for n in range(30)]
    with (
        opened(config, *events) as pool,
        receiver.listening(),
        AlertDispatcher(pool, config.webhooks, PORTAL),
        AlertDispatcher(pool, config.webhooks, PORTAL),
    ):
        wait_until(lambda: deliveries(pool) == [(True,)] * 30, "all alerts to be delivered")
    assert sorted(receiver.keys) == sorted(f"cam-{n}-raised" for n in range(30))


def test_a_replayed_incident_causes_no_second_alert(postgres_dsn: str) -> None:
    receiver = Receiver()
    config = city(postgres_dsn, webhook(receiver))
    with (
        opened(config, event := incident(IncidentPhase.RAISED)) as pool,
        receiver.listening(),
        AlertDispatcher(pool, config.webhooks, PORTAL),
    ):
        wait_until(lambda: deliveries(pool) == [(True,)], "the alert to be delivered")
        later = incident(IncidentPhase.RAISED, incident_id="cam-8")
        EventWriter(pool, AlertRules(config)).write([event, later])
        wait_until(lambda: "cam-8-raised" in receiver.keys, "the later alert")
    assert receiver.keys == ["cam-7-raised", "cam-8-raised"]


def test_a_receiver_gets_only_its_types_of_incidents(postgres_dsn: str) -> None:
    wrong_way = webhook(Receiver(), webhook_id="wrong-way", types=(IncidentType.WRONG_WAY,))
    config = city(postgres_dsn, wrong_way, webhook(Receiver(), webhook_id="all"))
    with opened(config, incident(IncidentPhase.RAISED)) as pool:
        assert deliveries(pool, "webhook_id") == [("all",)]


def test_a_dead_receiver_delays_no_other(postgres_dsn: str) -> None:
    good = Receiver()
    config = city(postgres_dsn, webhook(Receiver(), webhook_id="dead"), webhook(good, webhook_id="good"))
    with (
        opened(config, incident(IncidentPhase.RAISED)) as pool,
        good.listening(),
        AlertDispatcher(pool, config.webhooks, PORTAL),
    ):
        wait_until(lambda: deliveries(pool) == [(False,), (True,)], "the alert of the other receiver")


@pytest.mark.parametrize("proxy", ["http://user:s3#cret@127.0.0.1:3128", "http://user:s3cret@proxy:port", "s3cret://x"])
def test_a_malformed_proxy_is_a_user_error_without_the_password(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(UserError, match=r"HTTP_PROXY, .* is no address; write http://user:password@") as raised:
        WebhookChannel(webhook(Receiver()))
    assert "s3" not in str(raised.value)


@pytest.mark.parametrize("url", ["police.example/s3cret", "ftp://police.example/s3cret", "http:///s3cret"])
def test_an_address_that_is_no_url_is_refused_without_being_shown(url: str) -> None:
    hook = WebhookConfig(id="police", url=SecretStr(url), secret=SecretStr(SECRET))
    with (
        ConnectionPool("host=127.0.0.1", open=False) as pool,
        pytest.raises(UserError, match="webhooks: the url of police is no address") as raised,
    ):
        AlertDispatcher(pool, [hook], None)
    assert "s3cret" not in str(raised.value)


def test_an_alert_that_cannot_be_processed_delays_no_other(postgres_dsn: str) -> None:
    receiver = Receiver()
    config = city(postgres_dsn, webhook(receiver))
    with opened(config, incident(IncidentPhase.RAISED)) as pool:
        with pool.connection() as connection:
            connection.execute("UPDATE webhook_deliveries SET payload = '{}'")
        EventWriter(pool, AlertRules(config)).write([incident(IncidentPhase.RAISED, incident_id="cam-8")])
        with receiver.listening(), AlertDispatcher(pool, config.webhooks, PORTAL):
            wait_until(lambda: deliveries(pool) == [(False,), (True,)], "the second alert")
    assert receiver.keys == ["cam-8-raised"]
