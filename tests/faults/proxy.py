"""TCP proxy that can cut, slow down or silence the connections through it, in each direction by itself."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Event as Flag
from typing import Self

SLOW_S = 0.25
"""Delay (s) of each piece of data on a slow connection. [assumption]"""
PIECE_BYTES = 65_536
"""Largest piece of data that is passed on at once. [assumption]"""
POLL_S = 0.2
"""Longest wait (s) until a direction notices that it may go on. [assumption]"""

Connect = Callable[[], socket.socket]
"""Connects to the server behind the proxy. Raises OSError."""


class FaultyProxy:
    """Proxy on 127.0.0.1. Use as a context manager. port: 0 selects a free one.

    to_server, to_client: data passes in this direction while it is set; while it is not, data waits, as where a network
    is parted. slow: each piece is delayed.
    """

    def __init__(self, connect: Connect, port: int = 0) -> None:
        self._connect = connect
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self.to_server, self.to_client, self.slow = Flag(), Flag(), Flag()
        self.to_server.set()
        self.to_client.set()
        self._open = True
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._start_accepting()
        return self

    def __exit__(self, *_error: object) -> None:
        self.cut()

    def cut(self) -> None:
        """End all connections, and refuse others until `restore`."""
        self._open = False
        with self._lock:
            sockets, self._sockets = self._sockets, set()
        for each in (self._listener, *sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def restore(self) -> None:
        """Accept connections again, and pass all data at once."""
        self.to_server.set()
        self.to_client.set()
        self.slow.clear()
        if not self._open:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self._open = True
            self._start_accepting()

    def _start_accepting(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), name="proxy", daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._serve, args=(client,), name="proxy", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = self._connect()
        except OSError:
            client.close()
            return
        with self._lock:
            self._sockets |= {client, server}
        if not self._open:
            self.cut()
        back = threading.Thread(target=self._pass_on, args=(server, client, self.to_client), name="proxy", daemon=True)
        back.start()
        self._pass_on(client, server, self.to_server)
        back.join()
        with self._lock:
            self._sockets -= {client, server}
        client.close()
        server.close()

    def _pass_on(self, source: socket.socket, target: socket.socket, may_pass: Flag) -> None:
        with suppress(OSError):
            while data := source.recv(PIECE_BYTES):
                if self.slow.is_set():
                    time.sleep(SLOW_S)
                while not may_pass.wait(POLL_S):
                    pass
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def to_port(port: Callable[[], int]) -> Connect:
    """Return a function that connects to a port of 127.0.0.1, which is asked for at each connection."""
    return lambda: socket.create_connection(("127.0.0.1", port()), timeout=5)


def to_unix_socket(path: str) -> Connect:
    """Return a function that connects to a Unix socket."""

    def connect() -> socket.socket:
        server = socket.socket(socket.AF_UNIX)
        server.connect(path)
        return server

    return connect
