"""Mailboxes: bounded, the latest of each, each to its scope."""

import asyncio

import pytest
from fastapi.sse import ServerSentEvent

from portal.live.broadcaster import MAX_WAITING_INCIDENTS, Broadcaster, Message, Subscription, ViewerScope

EVERYTHING = ViewerScope(signed_in=True, incidents=True)


def message(kind, name, text="", *, public=True):
    return Message(coalesce_key=(kind, name), event=ServerSentEvent(event=kind, raw_data=text), public=public)


async def drained(subscription):
    """What waits, without waiting for more."""
    events = []

    async def read():
        events.extend([(event.event, event.raw_data) async for event in subscription])

    reader = asyncio.create_task(read())
    for _ in range(10):
        await asyncio.sleep(0)
    subscription.close()
    await asyncio.wait_for(reader, 5)
    return events


def test_a_slow_visitor_gets_the_latest_of_each_camera():
    async def scene():
        subscription = Subscription(EVERYTHING)
        for step in range(1000):
            subscription.put([message("camera", "a", f"a{step}"), message("camera", "b", f"b{step}")])
        return await drained(subscription)

    assert asyncio.run(scene()) == [("camera", "a999"), ("camera", "b999")]


def test_incidents_that_wait_are_bounded_and_the_oldest_go_first():
    async def scene():
        subscription = Subscription(EVERYTHING)
        subscription.put([message("camera", "a", "a")])
        subscription.put(message("incident", str(n), str(n)) for n in range(MAX_WAITING_INCIDENTS + 5))
        return await drained(subscription)

    first, *incidents = asyncio.run(scene())
    assert first == ("camera", "a")
    assert [text for _, text in incidents] == [str(n) for n in range(5, MAX_WAITING_INCIDENTS + 5)]


@pytest.mark.parametrize(
    ("scope", "heard"),
    [
        (ViewerScope(signed_in=False, incidents=False), ["public"]),
        (ViewerScope(signed_in=True, incidents=False), ["public", "hidden"]),
        (EVERYTHING, ["public", "hidden", "incident"]),
    ],
)
def test_each_audience_hears_its_part(scope, heard):
    async def scene():
        subscription = Subscription(scope)
        subscription.put(
            [
                message("camera", "a", "public"),
                message("camera", "b", "hidden", public=False),
                message("incident", "c", "incident", public=False),
            ]
        )
        return await drained(subscription)

    assert [text for _, text in asyncio.run(scene())] == heard


def test_whoever_comes_after_the_end_is_not_kept_waiting():
    async def scene():
        broadcaster = Broadcaster()
        broadcaster.close()
        with broadcaster.subscribe(EVERYTHING) as subscription:
            return [event async for event in subscription]

    assert asyncio.run(asyncio.wait_for(scene(), 5)) == []
