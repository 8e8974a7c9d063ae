"""Subscriptions: bounded, the latest message of each key, only messages within the client's scope."""

import asyncio
import json

import pytest

from analytics.camera import Visibility
from pipelines.config.geometry_file import CameraGeometry
from pipelines.config.settings import CameraConfig
from portal.cameras.camera_scope import EVERY_CAMERA, CameraScope
from portal.cameras.catalogue import CatalogueEntry
from portal.live.broadcaster import MAX_WAITING_INCIDENTS, Broadcaster, Message, Subscription, ViewerScope
from portal.live.update import Update
from portal.schemas import Problem

EVERYTHING = ViewerScope(cameras=EVERY_CAMERA, incidents=True)
PORT = CameraScope(owners=frozenset({"Pelabuhan"}))
ANONYMOUS = ViewerScope(cameras=None)


def camera(*, public=True, owner=None):
    visibility = Visibility.PUBLIC if public else Visibility.OPERATORS
    settings = CameraConfig(id="a", name="A", url="rtsp://10.0.0.7/1", owner=owner, visibility=visibility)
    return CatalogueEntry(settings, None, CameraGeometry())


def message(kind, name, text="", **of_camera):
    return Message(coalesce_key=(kind, name), event=Update(kind, Problem(detail=text)), camera=camera(**of_camera))


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
        (ANONYMOUS, ["public"]),
        (ViewerScope(cameras=EVERY_CAMERA), ["public", "hidden", "port"]),
        (ViewerScope(cameras=PORT), ["public", "port"]),
        (ViewerScope(cameras=PORT, incidents=True), ["public", "port", "port incident"]),
        (EVERYTHING, ["public", "hidden", "port", "incident", "port incident"]),
    ],
)
def test_client_receives_only_messages_within_its_scope(scope, received):
    async def receive():
        subscription = Subscription(scope)
        subscription.put(
            [
                message("camera", "a", "public"),
                message("camera", "b", "hidden", public=False),
                message("camera", "p", "port", public=False, owner="Pelabuhan"),
                message("incident", "c", "incident"),
                message("incident", "d", "port incident", public=False, owner="Pelabuhan"),
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
            broadcaster.subscribe(ViewerScope(cameras=EVERY_CAMERA, session_id="a")) as revoked,
            broadcaster.subscribe(ViewerScope(cameras=EVERY_CAMERA, session_id="b")) as other,
            broadcaster.subscribe(ANONYMOUS) as anonymous,
        ):
            broadcaster.end_session("a")
            broadcaster.publish([message("camera", "a", "state")])
            await asyncio.sleep(0)
            return [await drained(subscription) for subscription in (revoked, other, anonymous)]

    state = ("camera", "state")
    assert asyncio.run(receive()) == [[], [state], [state]]


def test_subscription_without_messages_is_empty_after_its_time():
    assert asyncio.run(Subscription(EVERYTHING).take(0.01)) == []


def test_operators_receive_the_full_state_only_of_cameras_within_their_scope():
    full = Update("camera", Problem(detail="full"))
    sent = Message(("camera", "a"), Update("camera", Problem(detail="redacted")), camera(owner="Dishub"), full)
    versions = [
        ViewerScope(cameras=scope, operator=True).event_of(sent) is full
        for scope in (EVERY_CAMERA, PORT, CameraScope(owners=frozenset({"Dishub"})))
    ]
    assert versions == [True, False, True]
