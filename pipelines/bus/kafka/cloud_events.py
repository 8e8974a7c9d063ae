"""Kafka records of events: CloudEvents in binary mode; records of earlier versions, in structured mode, are read too.

[source: CloudEvents 1.0, Kafka protocol binding]
"""

import json
from collections.abc import Iterable

from pipelines.events.event_contracts import CONTENT_TYPE
from pipelines.events.schema import Event

Headers = list[tuple[str, bytes]]
"""Headers of a record: name and value."""

_PREFIX = "ce_"
"""Prefix of a header that is an attribute of the event."""
_STRUCTURED = b"application/cloudevents"
"""Start of the content type of a record whose value is the whole event."""


def headers_of(event: Event) -> Headers:
    """Return the attributes of an event as headers."""
    attributes = event.model_dump(mode="json", exclude={"data", "datacontenttype"}, exclude_none=True)
    headers = [(f"{_PREFIX}{name}", str(value).encode()) for name, value in attributes.items()]
    return [("content-type", CONTENT_TYPE.encode()), *headers]


def value_of(event: Event) -> bytes:
    """Return the data of an event as JSON."""
    return event.data.model_dump_json().encode()


def whole_event(headers: Iterable[tuple[str, bytes | None]], value: bytes | None) -> bytes:
    """Return the event of a record as one JSON text, for `Event.from_json`; whether it is valid is not checked.

    >>> whole_event([("content-type", b"application/json"), ("ce_specversion", b"1.0"), ("ce_id", b"7")], b'{"n": 1}')
    b'{"specversion": "1.0", "id": "7", "data": {"n": 1}}'
    >>> whole_event([], b'{"specversion": "1.0"}')
    b'{"specversion": "1.0"}'
    """
    texts = {name.lower(): text or b"" for name, text in headers}
    attributes = {
        name.removeprefix(_PREFIX): text.decode(errors="replace")
        for name, text in texts.items()
        if name.startswith(_PREFIX)
    }
    if "specversion" not in attributes or texts.get("content-type", b"").startswith(_STRUCTURED):
        return value or b""
    return b'%s, "data": %s}' % (json.dumps(attributes).encode()[:-1], value or b"null")
