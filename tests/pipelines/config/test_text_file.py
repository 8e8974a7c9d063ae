"""Text and JSON files of users: errors in one line with a remedy."""

import pytest

from pipelines.config.text_file import parse_json, read_text
from pipelines.errors import UserError


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"\xef\xbb\xbf{}")
    assert read_text(path, expected="a file") == "{}"


def test_latin_1_is_refused_with_the_position_of_the_byte(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes("Bätam".encode("latin-1"))
    with pytest.raises(UserError, match=r"a\.json: not UTF-8 text \(byte 2\); save it as UTF-8"):
        read_text(path, expected="a file")


@pytest.mark.parametrize("name", ["missing.json", "nul\0.json"])
def test_an_unusable_path_states_what_to_give(tmp_path, name):
    with pytest.raises(UserError, match="give the path of a file"):
        read_text(tmp_path / name, expected="the path of a file")


def test_deeply_nested_json_is_a_value_error():
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json("[" * 200_000)
