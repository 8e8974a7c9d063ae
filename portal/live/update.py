"""An answer of the API as a server-sent event."""

from fastapi.sse import format_sse_event

from portal.public_root import current_root
from portal.schemas import ApiModel


class Update:
    """A named answer that is sent to many clients. Its bytes are made once for each root of the portal."""

    def __init__(self, name: str, answer: ApiModel) -> None:
        self._name = name
        self._answer = answer
        self._events: dict[str, bytes] = {}

    def as_bytes(self) -> bytes:
        """The event for the client of the present request."""
        root = current_root.get()
        if root not in self._events:
            self._events[root] = format_sse_event(event=self._name, data_str=self._answer.model_dump_json())
        return self._events[root]
