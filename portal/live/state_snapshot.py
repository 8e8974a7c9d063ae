"""State of all cameras at one time, encoded once for all clients: as the list of the API, and as the start of a stream.

See docs/adr/0189-state-for-many.md.
"""

import gzip
import hashlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from portal.cameras.camera_scope import CameraScope
from portal.cameras.catalogue import CatalogueEntry
from portal.cameras.schemas import Cameras
from portal.live.broadcaster import ViewerScope
from portal.live.camera_state import redact
from portal.live.messages import camera_message, clock_message
from portal.live.schemas import CameraState
from portal.public_root import current_root

MAX_ENCODINGS = 4
"""Most encodings of one kind that are kept: clients state the root of the portal in a header. [assumption]"""
GZIP_LEVEL = 6
"""Compression of the list: a higher level takes longer for little. [source: zlib, its default]"""
ETAG_BYTES = 12
"""Length of the digest in an ETag. [assumption]"""

Key = TypeVar("Key", bound=Hashable)
Encoded = TypeVar("Encoded")


@dataclass(frozen=True, slots=True)
class EncodedList:
    """The list of public cameras as JSON, also compressed, and its ETag: equal for equal JSON."""

    json: bytes
    gzipped: bytes
    etag: str


class StateSnapshot:
    """States of all cameras at a time, in the order of the catalogue. Any thread may read and encode it."""

    def __init__(self, at: datetime, states: Sequence[tuple[CatalogueEntry, CameraState]]) -> None:
        self.at = at
        self.states = states
        self._lists: dict[str, EncodedList] = {}
        self._first_events: dict[tuple[str, CameraScope | None, bool], bytes] = {}
        self._asked_roots: set[str] = set()

    def public_list(self) -> EncodedList:
        """The list for clients without a session."""
        root = current_root.get()
        if len(self._asked_roots) < MAX_ENCODINGS:
            self._asked_roots.add(root)
        return _kept(self._lists, root, self._encode_list)

    def first_events(self, scope: ViewerScope) -> bytes:
        """Events with the states that a client may receive, and with the time up to which they are current."""
        key = current_root.get(), scope.cameras, scope.operator
        return _kept(self._first_events, key, lambda: self._encode_events(scope))

    def prepare_like(self, previous: "StateSnapshot") -> None:
        """Encode the list in advance for each root for which the previous snapshot was asked."""
        for root in tuple(previous._asked_roots):
            token = current_root.set(root)
            try:
                _kept(self._lists, root, self._encode_list)
            finally:
                current_root.reset(token)

    def _encode_list(self) -> EncodedList:
        public = Cameras(cameras=[redact(entry, state) for entry, state in self.states if entry.public])
        content = public.model_dump_json().encode()
        digest = hashlib.blake2b(content, digest_size=ETAG_BYTES).hexdigest()
        return EncodedList(content, gzip.compress(content, GZIP_LEVEL, mtime=0), f'W/"{digest}"')

    def _encode_events(self, scope: ViewerScope) -> bytes:
        messages = [*(camera_message(entry, state) for entry, state in self.states), clock_message(self.at)]
        return b"".join(scope.event_of(message).as_bytes() for message in messages if scope.includes(message))


def _kept(kept: dict[Key, Encoded], key: Key, encode: Callable[[], Encoded]) -> Encoded:
    """The encoding under a key, made where it is missing."""
    found = kept.get(key)
    if found is None:
        found = encode()
        if len(kept) < MAX_ENCODINGS:
            kept[key] = found
    return found
