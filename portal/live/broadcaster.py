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

    for_operators: what they are told instead, None for the same.
    """

    subject: tuple[str, str]
    event: ServerSentEvent
    public: bool
    for_operators: ServerSentEvent | None = None

    @property
    def about_incident(self) -> bool:
        return self.subject[0] == "incident"


@dataclass(frozen=True, slots=True)
class Audience:
    """What a visitor may be told."""

    signed_in: bool
    incidents: bool
    operator: bool = False

    def wants(self, message: Message) -> bool:
        return self.incidents if message.about_incident else (message.public or self.signed_in)

    def version(self, message: Message) -> ServerSentEvent:
        return message.for_operators if self.operator and message.for_operators is not None else message.event


class Mailbox:
    """What one visitor has still to be told: the latest about each subject, so a slow one costs no more memory."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience
        self._waiting: dict[tuple[str, str], Message] = {}
        self._changed = asyncio.Event()
        self._closed = False

    def put(self, messages: Iterable[Message]) -> None:
        for message in messages:
            if self._audience.wants(message):
                self._waiting[message.subject] = message
        self._forget_oldest_incidents()
        self._changed.set()

    def _forget_oldest_incidents(self) -> None:
        incidents = [subject for subject, message in self._waiting.items() if message.about_incident]
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
                yield self._audience.version(self._waiting.pop(next(iter(self._waiting))))


class Hub:
    """All open mailboxes. Lives on one event loop; `publish` may be called from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._mailboxes: set[Mailbox] = set()
        self._closed = False

    @contextmanager
    def subscribe(self, audience: Audience) -> Iterator[Mailbox]:
        mailbox = Mailbox(audience)
        if self._closed:
            mailbox.close()
        self._mailboxes.add(mailbox)
        try:
            yield mailbox
        finally:
            self._mailboxes.discard(mailbox)

    def publish(self, messages: Iterable[Message]) -> None:
        self._loop.call_soon_threadsafe(self._deliver, list(messages))

    def _deliver(self, messages: list[Message]) -> None:
        for mailbox in self._mailboxes:
            mailbox.put(messages)

    def close(self) -> None:
        """Ends every stream, now and from now on; on the loop's own thread."""
        self._closed = True
        for mailbox in self._mailboxes:
            mailbox.close()
