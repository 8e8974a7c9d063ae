"""Alerts that follow from steps on an incident, or from their absence, at a real receiver."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
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
from portal.incidents.steps import NewStep, add_step, alert_times
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


def take(pool: ConnectionPool, content: StepContent, known: int, webhooks: tuple[str, ...] = ("police",)) -> None:
    step = NewStep(
        incident_id="cam-7",
        camera_id="simpang-kda-1",
        taken_by="budi",
        content=content,
        known_steps=known,
        request_id=uuid4(),
    )
    with pool.connection() as connection:
        add_step(connection, step, mergeable=(), webhooks=webhooks)


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


def test_alerts_of_yesterday_are_not_escalated(raised: ConnectionPool) -> None:
    age(raised, days=1, minutes=4)
    assert escalate(raised, ["police"], WITHIN) == 0


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
