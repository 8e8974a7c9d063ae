"""The check of a tile server at the start: one line in the log where it does not answer."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from structlog.testing import capture_logs

from analytics.camera import Position
from pipelines.worker.child_process import free_port
from portal.basemap import tile_sources
from portal.basemap.tile_sources import check_tile_server

HERE = Position(lat=1.13, lon=104.05)


@contextmanager
def tile_server(status: int) -> Iterator[tuple[str, list[str]]]:
    """Address of a server that answers every request with one status, and the paths that it received."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", paths
        finally:
            server.shutdown()
            thread.join()


def test_a_server_that_answers_is_asked_for_one_tile_of_the_city() -> None:
    with tile_server(200) as (address, paths), capture_logs() as logs:
        check_tile_server(f"{address}/{{z}}/{{x}}/{{y}}.png", HERE, 12)
    assert paths == ["/12/3231/2035.png"]
    assert logs == []


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_server_without_the_tile_is_one_line(status: int) -> None:
    with tile_server(status) as (address, _), capture_logs() as logs:
        check_tile_server(f"{address}/{{z}}/{{x}}/{{y}}.png", HERE, 12)
    (line,) = logs
    assert (line["setting"], line["problem"]) == ("portal.tiles", f"status {status}")


def test_a_server_that_cannot_be_reached_is_one_line() -> None:
    with capture_logs() as logs:
        check_tile_server(f"http://127.0.0.1:{free_port()}/{{z}}/{{x}}/{{y}}.png?key=k", HERE, 12)
    (line,) = logs
    assert "check portal.tiles" in line["event"]
    assert "coastlines" in line["event"]


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tile_sources, "TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, capture_logs() as logs:
        check_tile_server(f"http://127.0.0.1:{silent.getsockname()[1]}/{{z}}/{{x}}/{{y}}.png", HERE, 12)
    assert len(logs) == 1


@pytest.mark.parametrize("host", ["a..b.example", f"{'x' * 64}.example", "\ud800.example", "xn--.example", "[::1"])
def test_an_address_that_no_request_can_have_is_one_line(host: str) -> None:
    with capture_logs() as logs:
        check_tile_server(f"https://{host}/{{z}}/{{x}}/{{y}}.png", HERE, 12)
    (line,) = logs
    assert line["setting"] == "portal.tiles"
