"""Passing changes on to everyone who has the stream open, at the pace of each."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi.sse import ServerSentEvent

MAX_WAITING_INCIDENTS = 200


@dataclass(frozen=True, slots=True)
class Message:
    """subject: what it is about (kind and id); a newer message about the same replaces one that still waits.

    operator_event: what they are told instead, None for the same.
    """

    coalesce_key: tuple[str, str]
    event: ServerSentEvent
    public: bool
    operator_event: ServerSentEvent | None = None

    @property
    def is_incident(self) -> bool:
        return self.coalesce_key[0] == "incident"


@dataclass(frozen=True, slots=True)
class ViewerScope:
    """What a user may be told."""

    signed_in: bool
    incidents: bool
    operator: bool = False

    def includes(self, message: Message) -> bool:
        return self.incidents if message.is_incident else (message.public or self.signed_in)

    def event_of(self, message: Message) -> ServerSentEvent:
        return message.operator_event if self.operator and message.operator_event is not None else message.event


class Subscription:
    """What one user has still to be told: the latest about each subject, so a slow one costs no more memory."""

    def __init__(self, scope: ViewerScope) -> None:
        self._scope = scope
        self._waiting: dict[tuple[str, str], Message] = {}
        self._changed = asyncio.Event()
        self._closed = False

    def put(self, messages: Iterable[Message]) -> None:
        for message in messages:
            if self._scope.includes(message):
                self._waiting[message.coalesce_key] = message
        self._drop_oldest_incidents()
        self._changed.set()

    def _drop_oldest_incidents(self) -> None:
        incidents = [subject for subject, message in self._waiting.items() if message.is_incident]
        for subject in incidents[: max(0, len(incidents) - MAX_WAITING_INCIDENTS)]:
            del self._waiting[subject]

    def close(self) -> None:
        self._closed = True
        self._changed.set()

    async def __aiter__(self) -> AsyncIterator[ServerSentEvent]:
        while not self._closed:
            await self._changed.wait()
            self._changed.clear()
            while self._waiting and not self._closed:
                yield self._scope.event_of(self._waiting.pop(next(iter(self._waiting))))


class Broadcaster:
    """All open subscriptions. Lives on one event loop; `publish` may be called from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._subscriptions: set[Subscription] = set()
        self._closed = False

    @contextmanager
    def subscribe(self, scope: ViewerScope) -> Iterator[Subscription]:
        subscription = Subscription(scope)
        if self._closed:
            subscription.close()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def publish(self, messages: Iterable[Message]) -> None:
        self._loop.call_soon_threadsafe(self._deliver, list(messages))

    def _deliver(self, messages: list[Message]) -> None:
        for subscription in self._subscriptions:
            subscription.put(messages)

    def close(self) -> None:
        """Ends every stream, now and from now on; on the loop's own thread."""
        self._closed = True
        for subscription in self._subscriptions:
            subscription.close()
