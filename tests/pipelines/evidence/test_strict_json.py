"""Canonical JSON: the numbers and texts of RFC 8785, and refusal of every other form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.evidence.verifier.strict_json import MAX_JSON_INTEGER, NotCanonical, canonical, parse_canonical

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_JSON_INTEGER, MAX_JSON_INTEGER) | st.text() | st.floats(-1e9, 1e9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("number", "text"),
    [  # RFC 8785, appendix B, and the borders of ECMA-262
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (-5e-324, "-5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"),
        (295147905179352830000.0, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"),
        (999999999999999700000.0, "999999999999999700000"),
        (1e21, "1e+21"),
        (333333333.3333332, "333333333.3333332"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (-0.0000033333333333333333, "-0.0000033333333333333333"),
        (1424953923781206.2, "1424953923781206.2"),
    ],
)
def test_numbers_are_those_of_ecmascript(number: float, text: str) -> None:
    assert canonical(number).decode() == text


def test_keys_are_in_the_order_of_utf_16() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    written = canonical(dict.fromkeys(keys, 0)).decode()
    assert written == '{"\\r":0,"1":0,"\u0080":0,"\u00f6":0,"\u20ac":0,"\U0001f600":0,"\ufb33":0}'


def test_texts_are_escaped_as_little_as_possible() -> None:
    assert canonical('\u20ac$\u000f\nA\'B"\\\\"/\u007f').decode() == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u007f"'


@given(VALUES)
def test_what_is_written_is_read_as_the_same(value: object) -> None:
    assert parse_canonical(canonical(value)) == value


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_other_text_is_refused_with_a_code(data: bytes) -> None:
    found = None
    try:
        assert canonical(parse_canonical(data)) == data
    except NotCanonical as error:
        found = error
    assert found is None or found.code.startswith("json-")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"a":1,"a":2}', "json-twice"),
        (b'{"a":1,"\\u0061":1}', "json-twice"),
        (b"9" * 1_000_000, "json-number"),
        (b"-9007199254740992", "json-number"),
        (b"1e400", "json-number"),
        (b"NaN", "json-number"),
        (b"1.0", "json-form"),
        (b"-0", "json-form"),
        (b"[1, 2]", "json-form"),
        (b'{"b":1,"a":2}', "json-form"),
        (b'"\\u0041"', "json-form"),
        (b'"\\ud800"', "json-text"),
        (b'"\xff"', "json-syntax"),
        (b"\xef\xbb\xbf1", "json-syntax"),
        (b"1\n", "json-form"),
        (b"", "json-syntax"),
        (b"[" * 100_000, "json-deep"),
        (b"[" * 40 + b"]" * 40, "json-deep"),
        (b'{"a":' * 100_000, "json-deep"),
    ],
)
def test_other_forms_are_refused(data: bytes, code: str) -> None:
    with pytest.raises(NotCanonical) as refused:
        parse_canonical(data)
    assert refused.value.code == code
