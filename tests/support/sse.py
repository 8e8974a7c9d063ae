"""Reading server-sent events as a browser does."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, Queue
from threading import Thread
from typing import Any

import httpx
import pytest


class Listener:
    """Events of one open stream, read by a thread of its own."""

    def __init__(self, response: httpx.Response) -> None:
        self.headers = response.headers
        self._events: Queue[tuple[str, Any] | None] = Queue()
        self.thread = Thread(target=self._read, args=[response])
        self.thread.start()

    def _read(self, response: httpx.Response) -> None:
        name = ""
        try:
            for line in response.iter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    self._events.put((name, json.loads(value)))
        except httpx.HTTPError:
            pass
        self._events.put(None)

    def next(self, within_s: float = 10) -> tuple[str, Any]:
        """Name and data of the next event; fails the test where none comes, or the stream has ended."""
        try:
            event = self._events.get(timeout=within_s)
        except Empty:
            pytest.fail(f"no event within {within_s} s")
        assert event is not None, "the stream has ended"
        return event

    def until(self, wanted: Callable[[str, Any], bool], within_s: float = 10) -> Any:
        """The data of the first event that is wanted."""
        while True:
            name, data = self.next(within_s)
            if wanted(name, data):
                return data

    def ended(self, within_s: float) -> bool:
        self.thread.join(within_s)
        return not self.thread.is_alive()


@contextmanager
def listening(client: httpx.Client) -> Iterator[Listener]:
    with client.stream("GET", "/api/stream", timeout=60) as response:
        assert response.status_code == 200
        listener = Listener(response)
        try:
            yield listener
        finally:
            # Closing the socket from here would not wake the thread that reads it.
            with suppress(OSError):
                response.extensions["network_stream"].get_extra_info("socket").shutdown(2)
            listener.thread.join(5)
