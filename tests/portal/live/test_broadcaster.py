"""Subscriptions: bounded, the latest message of each key, only messages within the client's scope."""

import asyncio
import json

import pytest

from portal.live.broadcaster import MAX_WAITING_INCIDENTS, Broadcaster, Message, Subscription, ViewerScope
from portal.live.update import Update
from portal.schemas import Problem

EVERYTHING = ViewerScope(signed_in=True, incidents=True)


def message(kind, name, text="", *, public=True):
    return Message(coalesce_key=(kind, name), event=Update(kind, Problem(detail=text)), public=public)


async def drained(subscription):
    """Events that wait in the subscription now; empty for one that was closed."""
    updates = await asyncio.wait_for(subscription.take(0.05), 5)
    return [parsed(update.as_bytes().decode()) for update in updates or []]


def parsed(event):
    name, data = event.strip().split("\n")
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))["detail"]


def test_slow_client_receives_only_the_latest_state_of_each_camera():
    async def receive():
        subscription = Subscription(EVERYTHING)
        for step in range(1000):
            subscription.put([message("camera", "a", f"a{step}"), message("camera", "b", f"b{step}")])
        return await drained(subscription)

    assert asyncio.run(receive()) == [("camera", "a999"), ("camera", "b999")]


def test_waiting_incidents_are_bounded_and_the_oldest_are_dropped():
    async def receive():
        subscription = Subscription(EVERYTHING)
        subscription.put([message("camera", "a", "a")])
        subscription.put(message("incident", str(n), str(n)) for n in range(MAX_WAITING_INCIDENTS + 5))
        return await drained(subscription)

    first, *incidents = asyncio.run(receive())
    assert first == ("camera", "a")
    assert [text for _, text in incidents] == [str(n) for n in range(5, MAX_WAITING_INCIDENTS + 5)]


@pytest.mark.parametrize(
    ("scope", "received"),
    [
        (ViewerScope(signed_in=False, incidents=False), ["public"]),
        (ViewerScope(signed_in=True, incidents=False), ["public", "hidden"]),
        (EVERYTHING, ["public", "hidden", "incident"]),
    ],
)
def test_client_receives_only_messages_within_its_scope(scope, received):
    async def receive():
        subscription = Subscription(scope)
        subscription.put(
            [
                message("camera", "a", "public"),
                message("camera", "b", "hidden", public=False),
                message("incident", "c", "incident", public=False),
            ]
        )
        return await drained(subscription)

    assert [text for _, text in asyncio.run(receive())] == received


def test_subscription_to_a_closed_broadcaster_ends_at_once():
    async def receive():
        broadcaster = Broadcaster()
        broadcaster.close()
        with broadcaster.subscribe(EVERYTHING) as subscription:
            return await subscription.take(60)

    assert asyncio.run(asyncio.wait_for(receive(), 5)) is None


def test_revoked_session_ends_its_own_subscriptions_only():
    async def receive():
        broadcaster = Broadcaster()
        with (
            broadcaster.subscribe(ViewerScope(signed_in=True, incidents=True, session_id="a")) as revoked,
            broadcaster.subscribe(ViewerScope(signed_in=True, incidents=True, session_id="b")) as other,
            broadcaster.subscribe(ViewerScope(signed_in=False, incidents=False)) as anonymous,
        ):
            broadcaster.end_session("a")
            broadcaster.publish([message("camera", "a", "state")])
            await asyncio.sleep(0)
            return [await drained(subscription) for subscription in (revoked, other, anonymous)]

    state = ("camera", "state")
    assert asyncio.run(receive()) == [[], [state], [state]]


def test_subscription_without_messages_is_empty_after_its_time():
    assert asyncio.run(Subscription(EVERYTHING).take(0.01)) == []
