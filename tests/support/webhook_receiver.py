"""A receiver of webhooks, and the configuration of one that sends to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from pydantic import SecretStr

from analytics.facts import IncidentType
from pipelines.config.settings import WebhookConfig
from pipelines.worker.child_process import free_port

SECRET = "rahasia"


class Receiver:
    """An HTTP server that answers with `answers` in turn, then with 204, and remembers what it was sent."""

    def __init__(self, *answers: int) -> None:
        self.port = free_port()
        self.answers = list(answers)
        self.requests: list[tuple[dict[str, str], bytes]] = []

    @property
    def keys(self) -> list[str]:
        return [headers["idempotency-key"] for headers, _ in self.requests]

    @contextmanager
    def listening(self) -> Iterator[None]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append(({key.lower(): value for key, value in self.headers.items()}, body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", self.port), Handler) as server:
            thread = Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join(10)


def webhook(
    receiver: Receiver, *, webhook_id: str = "police", types: tuple[IncidentType, ...] = (), steps: bool = False
) -> WebhookConfig:
    """A webhook whose receiver this is."""
    return WebhookConfig(
        id=webhook_id,
        url=SecretStr(f"http://127.0.0.1:{receiver.port}/alerts?token=s3cret"),
        secret=SecretStr(SECRET),
        types=types,
        steps=steps,
    )
