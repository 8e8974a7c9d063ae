"""Addresses of PostgreSQL: URLs, and key-value strings of libpq."""

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from pipelines.addresses.address import HOW_TO_WRITE, MAX_PORT, Address
from pipelines.errors import UserError

NO_DSN = "store.dsn: no address of a database; write postgresql://user:password@host:5432/dbname, and " + HOW_TO_WRITE
"""Error for a DSN that cannot be read. It does not quote the DSN, which may contain the password."""


def readable_dsn(dsn: str) -> str:
    """Return `dsn` in the form that libpq reads. Raises UserError, without the DSN, where it is no address.

    >>> readable_dsn("postgresql://simpang:pa#s/s@db/city")
    'postgresql://simpang:pa%23s%2Fs@db/city'
    """
    address = Address.parse(dsn)
    if address.problem or address.scheme not in ("", "postgres", "postgresql"):
        raise UserError(NO_DSN)
    readable = address.encoded if address.scheme else dsn
    try:
        parts: dict[str, Any] = conninfo_to_dict(readable)
    except psycopg.ProgrammingError:
        raise UserError(NO_DSN) from None
    ports = str(parts.get("port") or "5432").split(",")
    if not all(port.isascii() and port.isdecimal() and 0 < int(port) <= MAX_PORT for port in ports if port):
        raise UserError(
            f"database {address_of(readable)}: the port is no number from 1 to {MAX_PORT}; correct store.dsn"
        )
    return readable


def address_of(conninfo: str) -> str:
    """Return `host:port/dbname`, or the folder of the socket, to name a database in messages without its password."""
    parts: dict[str, Any] = conninfo_to_dict(conninfo)
    host = str(parts.get("host") or parts.get("hostaddr") or "localhost")
    name = parts.get("dbname") or parts.get("user") or ""
    return f"{host}/{name}" if host.startswith("/") else f"{host}:{parts.get('port') or 5432}/{name}"
