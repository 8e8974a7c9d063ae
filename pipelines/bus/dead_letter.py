"""Dead letters: events that a handler cannot process, set aside so that they block no other event."""

import errno
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Protocol

import structlog
from pydantic import ValidationError

from pipelines.addresses.mask import without_credentials
from pipelines.errors import first_problem
from pipelines.events.schema import Event

log = structlog.get_logger()

DEAD_LETTERS = "dead_letters.jsonl"
"""Name of the file of dead letters in `data_dir`."""


MAX_FILE_BYTES = 64 * 2**20
"""Largest file of dead letters in bytes; a fault that refuses every event does not fill the disk. [assumption]"""


class DeadLetters(Protocol):
    """A place for events that cannot be processed."""

    def add(self, body: bytes, *, source: str, error: Exception) -> None:
        """Store one event. body: as it was received. source: the component that could not process it."""
        ...


class DeadLetterLog:
    """The log as the last resort: an error with the event in it."""

    def add(self, body: bytes, *, source: str, error: Exception) -> None:
        """Log one event."""
        text = body.decode(errors="backslashreplace")
        log.error("event set aside in this line only", source=source, error=describe(error), body=text)


class DeadLetterFile:
    """A file of JSON lines with the keys `at`, `source`, `error` and `body`, of MAX_FILE_BYTES at most.

    Any thread may append to it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._added = 0

    def add(self, body: bytes, *, source: str, error: Exception) -> None:
        """Append one event. Where the file cannot be written, the event is logged."""
        text = body.decode(errors="backslashreplace")
        letter = {"at": datetime.now(UTC).isoformat(), "source": source, "error": describe(error), "body": text}
        with self._lock:
            self._added += 1
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("ab") as file:
                    line = json.dumps(letter, ensure_ascii=False).encode() + b"\n"
                    if file.tell() + len(line) > MAX_FILE_BYTES:
                        raise OSError(errno.EFBIG, "it is full; mend the reason, and run simpang store dead-letters")
                    file.write(line)
            except OSError as failure:
                log.error("dead letter file cannot be written", path=str(self._path), error=failure)
                DeadLetterLog().add(body, source=source, error=error)
                return
        log.error("event set aside", path=str(self._path), source=source, error=letter["error"], count=self._added)


def describe(error: Exception) -> str:
    """Return the type and the first problem of `error` in one line, without credentials."""
    problem = first_problem(error) if isinstance(error, ValidationError) else (str(error).splitlines() or [""])[0]
    return without_credentials(f"{type(error).__name__}: {problem}")


def deliver(
    handler: Callable[[Sequence[Event]], None], events: Sequence[Event], dead_letters: DeadLetters, *, source: str
) -> None:
    """Pass `events` to `handler`. Events that it cannot process become dead letters, and all others are processed.

    A ConnectionError means that a retry may succeed, and is raised. After any other error the traceback is logged,
    and each event is passed again on its own.
    """
    try:
        handler(events)
    except ConnectionError:
        raise
    except Exception as error:
        log.exception("events cannot be processed together; trying each alone", source=source, events=len(events))
        if len(events) == 1:
            dead_letters.add(events[0].to_json(), source=source, error=error)
            return
        for event in events:
            _deliver_alone(handler, event, dead_letters, source)


def _deliver_alone(
    handler: Callable[[Sequence[Event]], None], event: Event, dead_letters: DeadLetters, source: str
) -> None:
    try:
        handler([event])
    except ConnectionError:
        raise
    except Exception as error:
        dead_letters.add(event.to_json(), source=source, error=error)
