"""Addresses of PostgreSQL: URLs, and key-value strings of libpq."""

import re
import socket
from itertools import zip_longest
from typing import Any

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pipelines.addresses.address import HOW_TO_WRITE, MAX_PORT, Address
from pipelines.addresses.mask import without_credentials
from pipelines.errors import UserError

NO_DSN = "store.dsn: no address of a database; write postgresql://user:password@host:5432/dbname, and " + HOW_TO_WRITE
"""Error for a DSN that cannot be read. It does not quote the DSN, which may contain the password."""


def readable_dsn(dsn: str) -> str:
    """Return `dsn` in the form that libpq reads. Raises UserError, without the DSN, where it is no address.

    >>> readable_dsn("postgresql://simpang:pa#s/s@db/city")
    'postgresql://simpang:pa%23s%2Fs@db/city'
    """
    address = Address.parse(dsn)
    if not dsn.strip() or address.problem or address.scheme not in ("", "postgres", "postgresql"):
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
    hosts, timeout = str(parts.get("host") or "").split(","), str(parts.get("connect_timeout") or "0")
    if len(ports) not in (1, len(hosts)):
        raise UserError(f"store.dsn: {len(hosts)} hosts and {len(ports)} ports; give one port, or one for each host")
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", timeout.strip()):
        raise UserError("store.dsn: connect_timeout is no number of seconds; correct it")
    return readable


def require_parameters(conninfo: str) -> None:
    """Raise UserError where libpq refuses a parameter, such as `sslmode=required`.

    libpq checks their values when it begins to connect. Here that is to a port of this machine that sends nothing.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        local = make_conninfo(conninfo, host="127.0.0.1", hostaddr="127.0.0.1", port=port)
        connection = pq.PGconn.connect_start(local.encode())
        try:
            if connection.status == pq.ConnStatus.BAD:
                problem = without_credentials(" ".join(connection.get_error_message().split()))
                raise UserError(f"store.dsn: {problem}; correct this parameter")
        finally:
            connection.finish()


def address_of(conninfo: str) -> str:
    """Return `host:port/dbname`, or the folder of the socket, to name a database in messages without its password.

    >>> address_of("host=db1,::1 port=5432,5433 dbname=city password=s3cret")
    'db1:5432,[::1]:5433/city'
    """
    parts: dict[str, Any] = conninfo_to_dict(conninfo)
    host = str(parts.get("host") or parts.get("hostaddr") or "localhost")
    name = parts.get("dbname") or parts.get("user") or ""
    if host.startswith("/"):
        return f"{host}/{name}"
    hosts, ports = host.split(","), str(parts.get("port") or 5432).split(",")
    pairs = zip_longest(hosts, ports[: len(hosts)], fillvalue=ports[-1] or "5432")
    return ",".join(f"[{one}]:{port}" if ":" in one else f"{one}:{port or 5432}" for one, port in pairs) + f"/{name}"
