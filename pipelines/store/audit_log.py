"""Audit log: entries that are only added, each with a hash over itself and the entry before it.

A trigger refuses UPDATE, DELETE and TRUNCATE. Where a superuser changes the table past the trigger, `problems` finds a
changed, missing or exchanged entry. Entries that are missing at the end are found by a head that was noted before.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

AUDIT_LOCK = int.from_bytes(b"audit")
"""Key of the PostgreSQL advisory lock under which entries are added: the letters "audit" as a number. [arbitrary]"""
NO_HASH = "0" * 64
"""Hash before the first entry."""
PAGE = 5_000
"""Entries that are read at a time. [assumption]"""

# Columns of the table.
_COLUMNS = "number, at, actor, action, subject, details, previous, hash"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What was done, as stored. actor: name of the account, or of the command. subject: what it was done to."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    previous: str
    hash: str

    @property
    def computed_hash(self) -> str:
        """SHA-256 of all other columns as canonical JSON: sorted keys, no spaces, UTC with microseconds."""
        content = {
            "number": self.number,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": self.actor,
            "action": self.action,
            "subject": self.subject,
            "details": self.details,
            "previous": self.previous,
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AuditHead:
    """Number and hash of an entry. Noted elsewhere, it proves later that the log still has all entries up to it."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> "AuditHead":
        """The head of its text. Raises ValueError for another text."""
        number, _, digest = text.strip().partition(":")
        if not number.isascii() or not number.isdigit() or len(digest) != len(NO_HASH):
            raise ValueError("not a head of the audit log; give NUMBER:HASH, as `simpang audit verify` prints it")
        return cls(int(number), digest.lower())


def add_entry(
    connection: Connection, actor: str, action: str, subject: str, details: Mapping[str, str | int] | None = None
) -> None:
    """Add an entry in the transaction of what it records. Other transactions that add one wait for its end."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [AUDIT_LOCK])
    last = newest_head(connection)
    plain = dict(details or {})
    entry = AuditEntry(last.number + 1, datetime.now(UTC), actor, action, subject, plain, last.hash, "")
    connection.execute(
        f"INSERT INTO audit_log ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",  # noqa: S608 (constants)
        [entry.number, entry.at, actor, action, subject, Jsonb(plain), entry.previous, entry.computed_hash],
    )


def newest_head(connection: Connection) -> AuditHead:
    """Head of the newest entry; number 0 without one."""
    row = connection.execute("SELECT number, hash FROM audit_log ORDER BY number DESC LIMIT 1").fetchone()
    return AuditHead(*row) if row else AuditHead(0, NO_HASH)


def entries(connection: Connection, after: int = 0) -> Iterator[AuditEntry]:
    """All entries behind a number, in order, page by page."""
    while True:
        with connection.cursor(row_factory=class_row(AuditEntry)) as cursor:
            query = f"SELECT {_COLUMNS} FROM audit_log WHERE number > %s ORDER BY number LIMIT %s"  # noqa: S608
            page = cursor.execute(query, [after, PAGE]).fetchall()
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].number


def problems(log: Iterator[AuditEntry], noted: AuditHead | None = None) -> Iterator[str]:
    """What is wrong with the log, one line each; nothing for one that is whole. noted: a head of earlier."""
    expected, previous = 1, NO_HASH
    noted_hash = NO_HASH if noted is not None and noted.number == 0 else None
    for entry in log:
        if entry.number != expected:
            yield f"entries {expected} to {entry.number - 1} are missing"
        elif entry.previous != previous:
            yield f"entry {entry.number} does not follow entry {entry.number - 1}: one of them was replaced"
        if entry.hash != entry.computed_hash:
            yield f"entry {entry.number} was changed"
        if noted is not None and entry.number == noted.number:
            noted_hash = entry.hash
        expected, previous = entry.number + 1, entry.hash
    if noted is not None and noted_hash is None:
        yield f"the log ends before entry {noted.number}, which was noted"
    elif noted is not None and noted_hash != noted.hash:
        yield f"entry {noted.number} is not the one that was noted: the log was written again"
