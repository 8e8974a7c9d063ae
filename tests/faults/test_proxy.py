"""The proxy cuts, delays and silences connections, and gives them back."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.faults.proxy import SLOW_S, FaultyProxy, to_port

pytestmark = pytest.mark.integration


@pytest.fixture
def proxy() -> Iterator[FaultyProxy]:
    """A proxy before a server that returns what it receives."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(client: socket.socket) -> None:
            with client, suppress(OSError):
                while data := client.recv(100):
                    client.sendall(data)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        port = listener.getsockname()[1]
        with FaultyProxy(to_port(lambda: port)) as running:
            yield running


def connect(proxy: FaultyProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=20)


def test_data_passes(proxy: FaultyProxy) -> None:
    with connect(proxy) as client:
        client.sendall(b"hello")
        assert client.recv(100) == b"hello"


def test_a_cut_ends_connections_and_refuses_others_until_it_is_restored(proxy: FaultyProxy) -> None:
    with connect(proxy) as client:
        client.sendall(b"hello")
        client.recv(100)
        proxy.cut()
        with suppress(ConnectionError):
            assert client.recv(100) == b""
    with pytest.raises(ConnectionError):
        connect(proxy)
    proxy.restore()
    test_data_passes(proxy)


@pytest.mark.parametrize("direction", ["to_server", "to_client"])
def test_a_silenced_direction_keeps_its_data_until_it_is_restored(proxy: FaultyProxy, direction: str) -> None:
    with connect(proxy) as client:
        getattr(proxy, direction).clear()
        client.sendall(b"hello")
        client.settimeout(1.0)
        with pytest.raises(TimeoutError):
            client.recv(100)
        proxy.restore()
        client.settimeout(20)
        assert client.recv(100) == b"hello"


def test_a_slow_connection_delays_each_direction(proxy: FaultyProxy) -> None:
    with connect(proxy) as client:
        proxy.slow.set()
        began = time.monotonic()
        client.sendall(b"hello")
        assert client.recv(100) == b"hello"
        assert time.monotonic() - began >= 2 * SLOW_S
