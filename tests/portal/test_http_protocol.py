"""Heads of requests on a raw socket: endless or late ones end the connection, others are answered."""

import socket
import time
from collections.abc import Iterator
from threading import Thread
from types import SimpleNamespace

import pytest
from fastapi import FastAPI, Request, Response

from portal import http_protocol
from portal.http_protocol import MAX_HEAD_BYTES
from portal.server import PortalServer
from tests.support.servers import wait_until

PATIENCE_S = 30.0


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    """A server of the portal that answers with the length of the body."""
    app = FastAPI()
    app.state.live = SimpleNamespace(broadcaster=SimpleNamespace(close=lambda: None))

    @app.api_route("/", methods=["GET", "POST"])
    async def length(request: Request) -> Response:
        return Response(b"%d." % len(await request.body()))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = PortalServer(app, listener, lambda _: None)
        thread = Thread(target=server.run)
        thread.start()
        wait_until(lambda: server.started, "the server")
        yield listener.getsockname()
        server.should_exit = True
        thread.join(PATIENCE_S)


@pytest.fixture
def client(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, PATIENCE_S) as connection:
        yield connection


def sent_until_closed(client: socket.socket, chunk: bytes, most: int) -> int:
    """Bytes that the server took before it closed the connection, at most about `most`."""
    sent = 0
    client.settimeout(PATIENCE_S)
    try:
        while sent < most:
            client.sendall(chunk)
            sent += len(chunk)
    except ConnectionError:
        pass
    return sent


def received(client: socket.socket) -> bytes:
    """All that the server sends until it closes the connection."""
    answer = b""
    try:
        while part := client.recv(65536):
            answer += part
    except ConnectionError:
        pass
    return answer


@pytest.mark.parametrize(
    ("start", "chunk"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-Endless: " + b"a" * 989 + b"\r\n"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Endless: ", b"a" * 1000),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b"X" * 1000),
        (b"GET /", b"a" * 1000),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", b"X-Trailer: a\r\n" * 80),
    ],
    ids=["header lines", "one header", "name of a header", "address", "headers after the body"],
)
def test_an_endless_head_ends_the_connection(client, start, chunk):
    client.sendall(start)
    assert sent_until_closed(client, chunk, 200 * MAX_HEAD_BYTES) < 200 * MAX_HEAD_BYTES


def test_a_head_that_is_too_long_is_answered_so(client):
    client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * MAX_HEAD_BYTES)
    head, _, text = received(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 ")
    assert f"content-length: {len(text)}".encode() in head


def test_a_second_request_on_a_connection_has_the_same_limit(client):
    client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
    client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * MAX_HEAD_BYTES)
    assert b"HTTP/1.1 431 " in received(client)


def test_long_bodies_and_many_requests_are_no_head(client):
    half = b"a" * MAX_HEAD_BYTES
    client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (4 * len(half)))
    for _ in range(4):
        client.sendall(half)
    answer = b""
    while b"%d." % (4 * len(half)) not in answer:
        part = client.recv(65536)
        assert part, answer
        answer += part
    for _ in range(60):
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 2000 + b"\r\n\r\n")
        answer = b""
        while b"0." not in answer:
            part = client.recv(65536)
            assert part, answer
            answer += part


@pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"], ids=["nothing", "a part"])
def test_a_head_that_does_not_end_is_not_waited_for(monkeypatch, address, start):
    monkeypatch.setattr(http_protocol, "HEAD_S", 0.2)
    with socket.create_connection(address, PATIENCE_S) as client:
        client.sendall(start)
        assert received(client) == b""


def test_a_late_answer_is_waited_for(monkeypatch, address):
    monkeypatch.setattr(http_protocol, "HEAD_S", 1.0)
    with socket.create_connection(address, PATIENCE_S) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n")
        time.sleep(1.5)
        client.sendall(b"a")
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
