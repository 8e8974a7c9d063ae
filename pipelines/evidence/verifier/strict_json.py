"""JSON in the one form of RFC 8785 (JCS): written by `canonical`, read by `parse_canonical`, which takes no other."""

import json
import math
from decimal import Decimal
from typing import Any

MAX_JSON_BYTES = 16_000_000
"""Largest document (bytes); a manifest with a day of GOPs is smaller. [assumption]"""

MAX_JSON_DEPTH = 32
"""Deepest nesting of arrays and objects. [assumption]"""

MAX_JSON_INTEGER = 2**53 - 1
"""Largest integer that every reader of JSON represents exactly. [source: RFC 8785, 3.1; RFC 7493]"""


class NotCanonical(ValueError):
    """A document that is no canonical JSON. code: of the finding (`findings.TEXTS`). at: first wrong byte, if known."""

    def __init__(self, code: str, at: int | None = None) -> None:
        super().__init__(code)
        self.code, self.at = code, at


def canonical(value: Any) -> bytes:
    """Return the canonical form of a JSON value.

    Raises NotCanonical for what has none: numbers that are not finite or not exact, too deep nesting, other types.

    >>> canonical({"b": [1.0, 1e21, 1e-7, "\\u00e9\\n"], "a": None}).decode()
    '{"a":null,"b":[1,1e+21,1e-7,"é\\\\n"]}'
    """
    try:
        return "".join(_parts(value, 0)).encode()
    except UnicodeEncodeError:
        raise NotCanonical("json-text") from None


def parse_canonical(data: bytes) -> Any:
    """Return the value of a document. Raises NotCanonical unless it is the canonical form of that value, byte by byte.

    >>> parse_canonical(b'{"a":1}')
    {'a': 1}
    """
    if len(data) > MAX_JSON_BYTES:
        raise NotCanonical("json-large")
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=_unique_keys,
            parse_int=_exact_integer,
            parse_float=_finite_number,
            parse_constant=_no_constant,
        )
    except NotCanonical:
        raise
    except RecursionError:
        raise NotCanonical("json-deep") from None
    except ValueError as error:
        at = getattr(error, "pos", getattr(error, "start", None))
        raise NotCanonical("json-syntax", at) from None
    expected = canonical(value)
    if expected != data:
        raise NotCanonical("json-form", first_difference(expected, data))
    return value


def first_difference(one: bytes, other: bytes) -> int:
    """Return the position of the first byte in which two texts differ.

    >>> first_difference(b"abc", b"abd"), first_difference(b"ab", b"abc")
    (2, 2)
    """
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)


def _parts(value: Any, depth: int) -> list[str]:
    if depth > MAX_JSON_DEPTH:
        raise NotCanonical("json-deep")
    if value is None or value is True or value is False:
        return [{None: "null", True: "true", False: "false"}[value]]
    if isinstance(value, str):
        return [json.dumps(value, ensure_ascii=False)]
    if isinstance(value, int):
        if abs(value) > MAX_JSON_INTEGER:
            raise NotCanonical("json-number")
        return [str(value)]
    if isinstance(value, float):
        return [_number_text(value)]
    if isinstance(value, list | tuple):
        items = [_parts(item, depth + 1) for item in value]
        return ["[", *_joined(items), "]"]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        # The order of UTF-16 code units, in which a key beyond the basic plane stands before some within it.
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        members = [[json.dumps(key, ensure_ascii=False), ":", *_parts(value[key], depth + 1)] for key in keys]
        return ["{", *_joined(members), "}"]
    raise NotCanonical("json-syntax")


def _joined(items: list[list[str]]) -> list[str]:
    """Return the parts of all items, with commas between items."""
    parts: list[str] = []
    for item in items:
        parts += [",", *item] if parts else item
    return parts


def _number_text(value: float) -> str:
    """Return a number as ECMAScript writes it. [source: RFC 8785, 3.2.2.3; ECMA-262, Number::toString]"""
    if not math.isfinite(value):
        raise NotCanonical("json-number")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    # Python's shortest digits that give the number again are those of ECMAScript; only the notation differs.
    _, digit_tuple, exponent = Decimal(repr(abs(value))).normalize().as_tuple()
    assert isinstance(exponent, int)
    digits = "".join(map(str, digit_tuple))
    point = len(digits) + exponent
    if len(digits) <= point <= 21:
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{point - 1:+d}"


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("json-twice")
    return found


def _exact_integer(text: str) -> int:
    # The length first: a number of a million digits takes seconds to convert.
    if len(text) > 17 or abs(int(text)) > MAX_JSON_INTEGER:
        raise NotCanonical("json-number")
    return int(text)


def _finite_number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise NotCanonical("json-number")
    return value


def _no_constant(_text: str) -> Any:
    raise NotCanonical("json-number")
