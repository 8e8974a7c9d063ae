"""Open sessions in the database. Of the address of a client only the family is stored, of its program only the name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection
from psycopg.rows import class_row

IDLE_S = 3 * 3600
"""Seconds without a request after which a session ends; an open page of live data asks all the time. [assumption]"""
LIFETIME_S = 12 * 3600
"""Seconds from sign-in to the end of the session: a working day. [assumption]"""
SEEN_EVERY_S = 60
"""Least seconds between two writes of the time of the last request. [assumption]"""

# Columns of the table, but for the hash of the token.
_COLUMNS = "id, name, password_mark, network, browser, created_at, seen_at, expires_at"
# Condition of an open session.
_OPEN = "expires_at > %(now)s AND seen_at > %(now)s - make_interval(secs => %(idle_s)s)"


@dataclass(frozen=True, slots=True)
class StoredSession:
    """An open session. network: IPv4 or IPv6. browser: name of the program and of its system."""

    id: str
    name: str
    password_mark: str
    network: str
    browser: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


def insert_session(connection: Connection, session: StoredSession, token_hash: bytes) -> None:
    """Store a new session, and delete those that have ended by time."""
    connection.execute(
        f"DELETE FROM sessions WHERE NOT ({_OPEN})",  # noqa: S608 (constants)
        {"now": session.created_at, "idle_s": IDLE_S},
    )
    connection.execute(
        f"INSERT INTO sessions (token_hash, {_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",  # noqa: S608
        [
            token_hash,
            session.id,
            session.name,
            session.password_mark,
            session.network,
            session.browser,
            session.created_at,
            session.seen_at,
            session.expires_at,
        ],
    )


def find_session(connection: Connection, token_hash: bytes, now: datetime) -> StoredSession | None:
    """The open session with this token; None where there is none."""
    query = f"SELECT {_COLUMNS} FROM sessions WHERE token_hash = %(token_hash)s AND {_OPEN}"  # noqa: S608
    with connection.cursor(row_factory=class_row(StoredSession)) as cursor:
        return cursor.execute(query, {"token_hash": token_hash, "now": now, "idle_s": IDLE_S}).fetchone()


def note_seen(connection: Connection, session_id: str, now: datetime) -> None:
    """Store the time of the last request."""
    connection.execute("UPDATE sessions SET seen_at = greatest(seen_at, %s) WHERE id = %s", [now, session_id])


def open_sessions_of(connection: Connection, names: Sequence[str] | None, now: datetime) -> list[StoredSession]:
    """Open sessions of the accounts, the last used first; of all accounts for None."""
    of_names = "(%(names)s::text[] IS NULL OR name = ANY(%(names)s))"
    query = f"SELECT {_COLUMNS} FROM sessions WHERE {_OPEN} AND {of_names} ORDER BY seen_at DESC, id"  # noqa: S608
    parameters = {"now": now, "idle_s": IDLE_S, "names": None if names is None else list(names)}
    with connection.cursor(row_factory=class_row(StoredSession)) as cursor:
        return cursor.execute(query, parameters).fetchall()


def delete_session(connection: Connection, session_id: str, names: Sequence[str] | None) -> str | None:
    """End a session of one of the accounts, of any for None. Returns its account; None where there is none."""
    query = "DELETE FROM sessions WHERE id = %(id)s AND (%(names)s::text[] IS NULL OR name = ANY(%(names)s))"
    parameters = {"id": session_id, "names": None if names is None else list(names)}
    row = connection.execute(f"{query} RETURNING name", parameters).fetchone()
    return str(row[0]) if row else None
