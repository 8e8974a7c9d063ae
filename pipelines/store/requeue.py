"""Dead letters: a list of them, and another attempt to store each, after a mend of what refused it."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg_pool import ConnectionPool
from pydantic import ValidationError

from pipelines.bus.dead_letter import DEAD_LETTERS, describe
from pipelines.errors import first_problem
from pipelines.events.schema import Event
from pipelines.store.database_errors import DatabaseUnavailable
from pipelines.store.pool import transaction

TAKEN = "dead_letters_taken.jsonl"
"""Name of the file in `data_dir` to which the dead letters are moved while they are tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An event that was set aside. row: its id in the table; None for one of the file."""

    at: str
    source: str
    error: str
    body: str
    row: int | None

    def line(self) -> str:
        """Return the line of the file."""
        return json.dumps(
            {"at": self.at, "source": self.source, "error": self.error, "body": self.body}, ensure_ascii=False
        )


def dead_letters(pool: ConnectionPool, data_dir: Path) -> list[DeadLetter]:
    """Return those of the table, then those of the file, each oldest first. Raises DatabaseUnavailable."""
    return [*_in_table(pool), *(letter for name in (TAKEN, DEAD_LETTERS) for letter in _in_file(data_dir / name))]


def requeue(
    pool: ConnectionPool, data_dir: Path, write: Callable[[Sequence[Event]], None]
) -> Iterator[tuple[DeadLetter, str]]:
    """Store each dead letter again; yield it with the reason why it stays, "" for none. Raises DatabaseUnavailable.

    An event that is stored already changes nothing, so that an end in the middle does no harm.
    """
    taken = data_dir / TAKEN
    if (data_dir / DEAD_LETTERS).exists() and not taken.exists():  # programs that run meanwhile begin a new file
        (data_dir / DEAD_LETTERS).rename(taken)
    stay = []
    for letter in [*_in_table(pool), *_in_file(taken)]:
        reason = _refusal(letter, write)
        if reason and letter.row is None:
            stay.append(letter)
        elif not reason and letter.row is not None:
            with transaction(pool) as connection:
                connection.execute("DELETE FROM dead_letters WHERE id = %s", [letter.row])
        yield letter, reason
    if taken.exists():
        with (data_dir / DEAD_LETTERS).open("a", encoding="utf-8") as file:
            file.writelines(f"{letter.line()}\n" for letter in stay)
        taken.unlink()


def _refusal(letter: DeadLetter, write: Callable[[Sequence[Event]], None]) -> str:
    try:
        write([Event.from_json(letter.body)])
    except DatabaseUnavailable:
        raise
    except ValidationError as error:
        return first_problem(error)
    except (psycopg.Error, ValueError) as error:
        return describe(error)
    return ""


def _in_table(pool: ConnectionPool) -> list[DeadLetter]:
    with transaction(pool) as connection:
        rows = connection.execute("SELECT id, at, source, error, body FROM dead_letters ORDER BY id").fetchall()
    return [DeadLetter(row=n, at=at.isoformat(), source=s, error=e, body=b) for n, at, s, e, b in rows]


def _in_file(path: Path) -> Iterator[DeadLetter]:
    if not path.exists():
        return
    for line in filter(None, path.read_text(encoding="utf-8").split("\n")):  # a text may contain other line separators
        try:
            found = json.loads(line)
            yield DeadLetter(row=None, **{key: str(found[key]) for key in ("at", "source", "error", "body")})
        except (ValueError, KeyError, TypeError):
            yield DeadLetter(row=None, at="", source=path.name, error="not a line of this file", body=line)
