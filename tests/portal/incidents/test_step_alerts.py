"""Alerts that follow from steps on an incident, or from their absence, at a real receiver."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from psycopg_pool import ConnectionPool

from analytics.incidents.handling import Step, StepContent
from pipelines.alerts.dispatcher import AlertDispatcher
from pipelines.alerts.escalation import escalate
from pipelines.alerts.rules import AlertRules
from pipelines.config.settings import Config
from pipelines.events.schema import IncidentPhase
from pipelines.store.writer import EventWriter
from portal.incidents.steps import NewStep, add_step, alert_times, list_steps
from tests.support.events import incident
from tests.support.servers import wait_until
from tests.support.webhook_receiver import Receiver, webhook

WITHIN = timedelta(minutes=3)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def config(config: Config, receiver: Receiver) -> Config:
    return config.model_copy(update={"webhooks": (webhook(receiver, webhook_id="police", steps=True),)})


@pytest.fixture
def raised(pool: ConnectionPool, config: Config) -> ConnectionPool:
    """A database in which the alert of incident `cam-7` waits since five minutes ago."""
    EventWriter(pool, AlertRules(config)).write([incident(IncidentPhase.RAISED)])
    age(pool, minutes=5)
    return pool


def age(pool: ConnectionPool, **past: float) -> None:
    with pool.connection() as connection:
        connection.execute("UPDATE webhook_deliveries SET created_at = now() - %s", [timedelta(**past)])


def end(pool: ConnectionPool) -> None:
    with pool.connection() as connection:
        connection.execute("UPDATE incidents SET end_at = '2026-11-22 05:01:30+00'")


def new_step(content: StepContent, known: int) -> NewStep:
    return NewStep(
        incident_id="cam-7",
        camera_id="simpang-kda-1",
        taken_by="budi",
        content=content,
        known_steps=known,
        request_id=uuid4(),
    )


def take(pool: ConnectionPool, content: StepContent, known: int, webhooks: tuple[str, ...] = ("police",)) -> None:
    with pool.connection() as connection:
        add_step(connection, new_step(content, known), mergeable=(), webhooks=webhooks)


def phases(pool: ConnectionPool) -> set[str]:
    with pool.connection() as connection:
        return {phase for (phase,) in connection.execute("SELECT phase FROM webhook_deliveries").fetchall()}


def test_an_alert_without_a_step_is_escalated_once_also_by_several_stores(raised: ConnectionPool) -> None:
    assert escalate(raised, ["police"], timedelta(minutes=6)) == 0, "still in time"
    assert escalate(raised, ["other"], WITHIN) == 0, "no longer configured"
    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(lambda _: escalate(raised, ["police"], WITHIN), range(4))) == 1
    assert escalate(raised, ["police"], WITHIN) == 0
    assert phases(raised) == {"raised", "escalated"}


@pytest.mark.parametrize(
    ("content", "escalated"),
    [
        (StepContent(step=Step.ACKNOWLEDGED), 0),
        (StepContent(step=Step.REJECTED, note="bayangan"), 0),
        (StepContent(step=Step.NOTED, note="menelepon"), 1),
    ],
)
def test_any_step_but_a_note_answers_an_alert(raised: ConnectionPool, content: StepContent, escalated: int) -> None:
    take(raised, content, 0)
    assert escalate(raised, ["police"], WITHIN) == escalated


@pytest.mark.parametrize(
    ("minutes", "over", "escalated"), [(5, True, 1), (9, False, 1), (9, True, 0), (62, False, 1), (64, False, 0)]
)
def test_of_alerts_that_were_missed_those_of_present_incidents_of_an_hour_are_escalated(
    raised: ConnectionPool, minutes: int, over: bool, escalated: int
) -> None:
    age(raised, minutes=minutes)
    if over:
        end(raised)
    assert escalate(raised, ["police"], WITHIN) == escalated


def test_alerts_that_follow_have_the_end_of_the_incident_and_steps_their_number_and_time(
    raised: ConnectionPool,
) -> None:
    end(raised)
    escalate(raised, ["police"], WITHIN)
    take(raised, StepContent(step=Step.NOTED, note="macet"), 0)
    take(raised, StepContent(step=Step.VERIFIED), 1)
    with raised.connection() as connection:
        connection.execute("SET LOCAL TIME ZONE 'Asia/Jakarta'")
        alerts = dict(connection.execute("SELECT phase, payload FROM webhook_deliveries").fetchall())
        times = connection.execute("SELECT at FROM incident_steps ORDER BY n").fetchall()
    assert alerts.pop("raised")["end_at"] is None
    assert {alert["end_at"] for alert in alerts.values()} == {"2026-11-22T05:01:30Z"}
    handled = [alerts["handled-1"], alerts["handled-2"]]
    assert [(alert["n"], alert["step"]) for alert in handled] == [(1, "noted"), (2, "verified")]
    assert [(datetime.fromisoformat(alert["at"]),) for alert in handled] == times
    assert {alert["at"][-1] for alert in alerts.values()} == {"Z"}


def test_a_portal_without_step_alerts_needs_no_right_to_queue_any(raised: ConnectionPool) -> None:
    with raised.connection() as connection, connection.transaction(force_rollback=True):
        connection.execute("CREATE ROLE reading_portal")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reading_portal")
        connection.execute("GRANT INSERT ON incident_steps TO reading_portal")
        connection.execute("SET LOCAL ROLE reading_portal")
        add_step(connection, new_step(StepContent(step=Step.ACKNOWLEDGED), 0), mergeable=(), webhooks=())
        assert [step.step for step in list_steps(connection, "cam-7")] == ["acknowledged"]


def test_receivers_get_escalation_and_steps_in_order_with_the_present_state(
    raised: ConnectionPool, config: Config, receiver: Receiver
) -> None:
    with receiver.listening(), AlertDispatcher(raised, config.webhooks, None, WITHIN.total_seconds()):
        wait_until(lambda: "cam-7-escalated" in receiver.keys, "the escalation")
        take(raised, StepContent(step=Step.ACKNOWLEDGED), 0)
        take(raised, StepContent(step=Step.VERIFIED), 1)
        wait_until(lambda: len(receiver.keys) == 4, "the steps")
        with raised.connection() as connection:
            wait_until(lambda: all(alert_times(connection, "cam-7")), "both times")
    assert receiver.keys == ["cam-7-raised", "cam-7-escalated", "cam-7-handled-1", "cam-7-handled-2"]
    bodies = [json.loads(body) for _, body in receiver.requests]
    assert [body["phase"] for body in bodies] == ["raised", "escalated", "handled", "handled"]
    assert [body.get("step") for body in bodies] == [None, None, "acknowledged", "verified"]
    assert [bodies[n]["state"] for n in (0, 1, 3)] == ["new", "new", "verified"]


def test_receivers_that_want_no_steps_get_none(raised: ConnectionPool) -> None:
    take(raised, StepContent(step=Step.ACKNOWLEDGED), 0, webhooks=())
    assert phases(raised) == {"raised"}
