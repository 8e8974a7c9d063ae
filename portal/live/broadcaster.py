"""Publish and subscribe: live updates to all clients with an open stream, at the pace of each client."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from portal.cameras.camera_scope import CameraScope
from portal.cameras.catalogue import CatalogueEntry
from portal.live.update import Update

MAX_WAITING_INCIDENTS = 200
"""Incidents that wait for one slow client; beyond this the oldest are dropped. [assumption]"""


@dataclass(frozen=True, slots=True)
class Message:
    """An update for all clients that may read it.

    coalesce_key: kind (camera, incident, narration or clock) and id. A newer message replaces one of the same key that
    still waits. camera: the camera that it is about; None for the whole city. operator_event: what operators receive in
    place of `event`; None for the same.
    """

    coalesce_key: tuple[str, str]
    event: Update
    camera: CatalogueEntry | None
    operator_event: Update | None = None

    @property
    def is_incident(self) -> bool:
        return self.coalesce_key[0] == "incident"


@dataclass(frozen=True, slots=True)
class ViewerScope:
    """Messages that one client may receive, by the scope and the roles of its user.

    cameras: scope of the user. incidents: the user has the role police. session_id: of the client's session. Both
    `cameras` and `session_id` are None without a session.
    """

    cameras: CameraScope | None
    incidents: bool = False
    operator: bool = False
    session_id: str | None = None

    def includes(self, message: Message) -> bool:
        if message.is_incident:
            return self.incidents and message.camera is not None and message.camera.is_within(self.cameras)
        return message.camera is None or message.camera.is_visible(self.cameras)

    def event_of(self, message: Message) -> Update:
        """The version of the message that this client receives."""
        if message.operator_event is None or message.camera is None:
            return message.event
        return message.operator_event if self.operator and message.camera.is_within(self.cameras) else message.event


class Subscription:
    """Messages that wait for one client: the latest of each coalesce key, so that a slow client needs no more memory.

    Updates are taken in the order in which their keys began to wait. For one event loop.
    """

    def __init__(self, scope: ViewerScope) -> None:
        self.scope = scope
        self._waiting: dict[tuple[str, str], Message] = {}
        self._changed = asyncio.Event()
        self._closed = False

    def put(self, messages: Iterable[Message]) -> None:
        """Queue the messages that are within the client's scope."""
        for message in messages:
            if self.scope.includes(message):
                self._waiting[message.coalesce_key] = message
        self._drop_oldest_incidents()
        self._changed.set()

    def _drop_oldest_incidents(self) -> None:
        incidents = [key for key, message in self._waiting.items() if message.is_incident]
        for key in incidents[: max(0, len(incidents) - MAX_WAITING_INCIDENTS)]:
            del self._waiting[key]

    def close(self) -> None:
        """End the subscription; what still waits is dropped."""
        self._closed = True
        self._changed.set()

    async def take(self, within_s: float) -> list[Update] | None:
        """Everything that waits, as soon as anything does; empty if nothing came in time, None after `close`."""
        if not self._waiting and not self._closed:
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self._changed.wait()
        if self._closed:
            return None
        waiting, self._waiting = self._waiting, {}
        return [self.scope.event_of(message) for message in waiting.values()]


class Broadcaster:
    """All open subscriptions of one event loop; `publish` may be called from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._subscriptions: set[Subscription] = set()
        self._closed = False

    @contextmanager
    def subscribe(self, scope: ViewerScope) -> Iterator[Subscription]:
        """A subscription to all messages that are published within the block; an ended one after `close`."""
        subscription = Subscription(scope)
        if self._closed:
            subscription.close()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    @property
    def clients(self) -> int:
        """Number of open subscriptions."""
        return len(self._subscriptions)

    def publish(self, messages: Iterable[Message]) -> None:
        """Queue messages for every client; returns before they are delivered."""
        self._loop.call_soon_threadsafe(self._deliver, list(messages))

    def _deliver(self, messages: list[Message]) -> None:
        for subscription in self._subscriptions:
            subscription.put(messages)

    def end_session(self, session_id: str) -> None:
        """End the streams of a session that was revoked; any thread may call it."""
        self._loop.call_soon_threadsafe(self._close_session, session_id)

    def _close_session(self, session_id: str) -> None:
        for subscription in self._subscriptions:
            if subscription.scope.session_id == session_id:
                subscription.close()

    def close(self) -> None:
        """End every stream, open and future. Call it on the event loop's thread."""
        self._closed = True
        for subscription in self._subscriptions:
            subscription.close()
