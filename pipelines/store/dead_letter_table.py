"""Dead letters in the table `dead_letters`, or in a file where the database refuses them."""

from threading import Lock

import psycopg
import structlog
from psycopg.errors import UndefinedTable
from psycopg_pool import ConnectionPool

from pipelines.bus.dead_letter import DeadLetterFile, describe
from pipelines.store.database_errors import DatabaseUnavailable
from pipelines.store.pool import transaction

log = structlog.get_logger()


class DeadLetterTable:
    """fallback: the file for events that the table cannot store, such as a text with a zero byte.

    It takes all of them while the table is missing, which must not keep back the events behind a refused one.
    """

    def __init__(self, pool: ConnectionPool, fallback: DeadLetterFile) -> None:
        self._pool = pool
        self._fallback = fallback
        self._lock = Lock()
        self._added = 0

    def add(self, body: bytes, *, source: str, error: Exception) -> None:
        """Insert one event. Raises DatabaseUnavailable where a retry may succeed."""
        letter = [source, describe(error), body.decode(errors="backslashreplace")]
        try:
            with transaction(self._pool) as connection:
                connection.execute("INSERT INTO dead_letters (source, error, body) VALUES (%s, %s, %s)", letter)
        except (psycopg.Error, UnicodeError, DatabaseUnavailable) as refusal:
            if isinstance(refusal, DatabaseUnavailable) and not isinstance(refusal.__cause__, UndefinedTable):
                raise
            self._fallback.add(body, source=source, error=error)
            return
        with self._lock:
            self._added += 1
        log.error("event set aside", table="dead_letters", source=source, error=letter[1], count=self._added)
