"""Fields of the documents of evidence: their names and the kinds of their values, without exceptions."""

import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

MAX_TEXT = 2000
"""Longest text of a field (characters). [assumption]"""

MAX_ITEMS = 100_000
"""Longest list of a document. [assumption]"""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that end a line, control a terminal or turn the direction of text, and no characters. [source: Unicode]"""

_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"
"""Times in documents. [source: RFC 3339]"""

KINDS = ("original", "redacted")
"""Kinds of packages. A redacted one names its parent."""

ACTIONS = ("created", "viewed", "exported", "redacted", "held", "released", "destroyed")
"""Acts on a package that the log records."""

Kind = Callable[[Any], bool]
"""Whether a value is of a kind."""


def is_text(value: Any) -> bool:
    """Return whether the value is a text of one line. Spaces and joiners of any script are part of a name.

    >>> is_text("Jl.\\u00a0Sudirman"), is_text("a\\nb"), is_text("a\\u202eb"), is_text("a\\x9bb")
    (True, False, False, False)
    """
    return isinstance(value, str) and len(value) <= MAX_TEXT and _CONTROLS.search(value) is None


def is_count(value: Any) -> bool:
    """Return whether the value is an integer from 0."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_number(value: Any) -> bool:
    """Return whether the value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_time(value: Any) -> bool:
    """Return whether the value is a time in UTC with milliseconds; the order of such texts is the order of times.

    >>> is_time("2026-11-30T10:00:00.000Z"), is_time("2026-02-30T10:00:00.000Z"), is_time("2026-11-30T10:00:00Z")
    (True, False, False)
    """
    if not (isinstance(value, str) and re.fullmatch(_TIME, value)):
        return False
    try:
        time_of(value)
    except ValueError:
        return False
    return True


def time_of(value: str) -> datetime:
    """Return the time that a text of `is_time` states, without a zone (UTC). Raises ValueError."""
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ")  # noqa: DTZ007 (all times are UTC)


def is_name(value: Any) -> bool:
    """Return whether the value is the name of a file without a path, in letters that every system can store.

    >>> is_name("clip.mp4"), is_name("../clip.mp4"), is_name(".hidden"), is_name("clip.")
    (True, False, False, False)
    """
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,118}[A-Za-z0-9])?", value) is not None


def _is_hex(length: int) -> Kind:
    return lambda value: isinstance(value, str) and re.fullmatch(rf"[0-9a-f]{{{length}}}", value) is not None


is_hash = is_key = _is_hex(64)
is_signature = _is_hex(128)


def optional(shape: Any) -> tuple[str, Any]:
    """Return the shape of a value that may be null."""
    return "optional", shape


def wrong_fields(value: Any, shape: Any, path: str = "") -> list[str]:
    """Return the paths of all fields that are missing, unexpected or not of their kind.

    shape: a kind, a dictionary of the shapes of all fields, a list with the shape of its items, or `optional`.

    >>> wrong_fields({"a": -1, "c": 1}, {"a": is_count, "b": is_text})
    ['a', 'b', 'c']
    """
    if isinstance(shape, tuple):
        return [] if value is None else wrong_fields(value, shape[1], path)
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [path or "."]
        found = []
        for key in sorted({*shape, *value}):
            inner = f"{path}.{key[:80]}".lstrip(".")
            found += wrong_fields(value[key], shape[key], inner) if key in shape and key in value else [inner]
        return found
    if isinstance(shape, list):
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            return [path]
        return [wrong for at, item in enumerate(value) for wrong in wrong_fields(item, shape[0], f"{path}[{at}]")]
    return [] if shape(value) else [path]


SIGNING = {"algorithm": is_text, "key_id": is_text, "public_key": is_key}
"""Algorithm and key of a signature."""

_SOURCE_FILE = optional({"name": is_text, "sha256": is_hash})
"""File that the analysis used, such as the network; null where there was none."""

MANIFEST = {
    "format": is_text,
    "package_id": is_name,
    "kind": lambda value: value in KINDS,
    "parent_sha256": optional(is_hash),
    "sealed_at": is_time,
    "camera": {
        "id": is_text,
        "name": is_text,
        "owner": optional(is_text),
        "lat": optional(is_number),
        "lon": optional(is_number),
    },
    "recorder": {"software": is_text, "version": is_text, "machine": is_text},
    "clock": {"source": is_text, "offset_s": optional(is_number), "offset_source": is_text},
    "model": _SOURCE_FILE,
    "geometry": _SOURCE_FILE,
    "clip": optional(
        {
            "file": is_name,
            "codec": is_text,
            "wanted_from_at": is_time,
            "wanted_to_at": is_time,
            "start_at": is_time,
            "end_at": is_time,
            "frames": is_count,
            "gops": [
                {"start_at": is_time, "frames": is_count, "first_byte": is_count, "bytes": is_count, "sha256": is_hash}
            ],
        }
    ),
    "gaps": [{"from_at": is_time, "to_at": is_time, "cause": is_text}],
    "files": [{"name": is_name, "media_type": is_text, "bytes": is_count, "sha256": is_hash}],
    "signing": SIGNING,
    "signature": is_signature,
}
"""Fields of `manifest.json`."""

CHECKPOINT = {
    "format": is_text,
    "origin": is_text,
    "size": is_count,
    "root": is_hash,
    "at": is_time,
    "signing": SIGNING,
    "signature": is_signature,
}
"""Fields of a checkpoint of the log of custody."""

ENTRY = {
    "index": is_count,
    "at": is_time,
    "action": lambda value: value in ACTIONS,
    "package_id": is_name,
    "manifest_sha256": is_hash,
    "actor": is_text,
    "reason": is_text,
}
"""Fields of an entry of the log of custody."""

PROOF = {
    "format": is_text,
    "checkpoint": CHECKPOINT,
    "entries": [{"entry": ENTRY, "path": [is_hash]}],
    "consistency": optional({"size": is_count, "path": [is_hash]}),
}
"""Fields of a proof of custody of one package."""

KEYRING = {
    "format": is_text,
    "keys": [
        {
            "key_id": is_text,
            "algorithm": is_text,
            "public_key": is_key,
            "not_before": optional(is_time),
            "not_after": optional(is_time),
        }
    ],
}
"""Fields of a keyring, a file of public keys."""
