"""Text and JSON files of users: errors in one line with a remedy."""

import re

import pytest

from pipelines.config.text_file import parse_json, parse_yaml, read_text
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


@pytest.mark.parametrize(("saved", "given"), [("city.yaml.txt", "city.yaml"), ("city.yml", "city.yaml")])
def test_a_file_of_nearly_that_name_is_named(tmp_path, saved, given):
    (tmp_path / saved).write_text("")
    with pytest.raises(UserError, match=f"No such file or directory; .*{saved} exists; rename it, or give that name"):
        read_text(tmp_path / given, expected="a file")


def test_a_folder_and_a_name_that_is_too_long_are_one_line(tmp_path):
    with pytest.raises(UserError, match="Is a directory; give a file"):
        read_text(tmp_path, expected="a file")
    with pytest.raises(UserError, match="File name too long; give a file"):
        read_text(tmp_path / ("x" * 300), expected="a file")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        ("{“a”: 1}", 'write " instead of “: line 1'),
        ("{'a': 1}", "write \" instead of '"),
        ('{"length_m": 12,5}', "write decimals with a point, such as 12.5: line 1"),
        ('{"a": [1, 2,]}', "remove the comma before ]"),
        ('{"a": 1}\n// note', "JSON has no comments"),
        ('{\u00a0"a": 1}', "an invisible character"),
        ('{"a": 1, "b": 2, "a": 3}', "key a occurs twice"),
    ],
)
def test_json_that_is_typed_wrongly_is_refused_with_the_remedy(text, fault):
    with pytest.raises(ValueError, match=re.escape(fault)):
        parse_json(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("city:\n\tname: Batam\n", "line 2: a tab indents the line; use spaces"),
        ("city:\n  name: “Batam”\n", 'line 2: write " instead of “'),
        ("“city”: {}\n", 'line 1: write " instead of “'),
        ("city:\n  name: Batam\n\u00a0\u00a0zoom: 3\n", "line 3: an invisible character"),
        ("a: 1\nb: \x01\n", "line 2: a control character; remove it"),
        ("cameras: []\nsites: []\ncameras: []\n", "line 3: key cameras occurs twice; keep one"),
        ("a: 1\n---\nb: 2\n", "line 2: but found another document"),
        ("password: *s3cret\n", 'line 1: put a value that begins with *, & or ! in "quotation marks"'),
        ("password: !s3cret\n", 'line 1: put a value that begins with *, & or ! in "quotation marks"'),
    ],
)
def test_yaml_that_is_typed_wrongly_is_refused_with_line_and_remedy(text, fault):
    with pytest.raises(ValueError, match=f"^{re.escape(fault)}") as refused:
        parse_yaml(text)
    assert "s3cret" not in str(refused.value)


def test_yaml_with_anchors_merged_keys_and_quoted_text_is_read():
    text = 'x: &a {k: 1}\ny: {<<: *a, k: 2, t: "“Toko”"}\nz: Toko “Maju” Jaya\n'
    assert parse_yaml(text) == {"x": {"k": 1}, "y": {"k": 2, "t": "“Toko”"}, "z": "Toko “Maju” Jaya"}
