"""A server with the protocol of PostgreSQL that refuses every connection, with a message in German."""

import socket
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Thread

SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
"""Codes of requests for encryption, which the server declines. [PostgreSQL 18, message formats]"""


@contextmanager
def refusing_postgres(sqlstate: str, message: str = "das lehnt der Server ab") -> Iterator[str]:
    """DSN of a server that answers each start of a session with this SQLSTATE."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        Thread(target=_serve, args=(listener, sqlstate, message), daemon=True).start()
        port = listener.getsockname()[1]
        yield f"postgresql://simpang:gehe#im@127.0.0.1:{port}/stadt"


def _serve(listener: socket.socket, sqlstate: str, message: str) -> None:
    fields = b"".join(
        key + value.encode() + b"\0"
        for key, value in ((b"S", "SCHWERWIEGEND"), (b"V", "FATAL"), (b"C", sqlstate), (b"M", message))
    )
    answer = b"E" + struct.pack(">i", len(fields) + 5) + fields + b"\0"
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            with client, suppress(OSError, struct.error):
                while struct.unpack(">ii", client.recv(8))[1] in (SSL_REQUEST, GSS_REQUEST):
                    client.sendall(b"N")
                client.recv(4096)
                client.sendall(answer)
