"""Text as editors save it."""

import codecs

import pytest

from models.text.decoding import decode_text

TEXT = "cameras:\n- name: Simpang Kepri “Mal”\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.replace("\n", "\r\n").encode("utf-16"),
    ],
    ids=["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "le bare", "be bare", "utf-32", "crlf", "cr", "utf-16 crlf"],
)
def test_a_text_is_the_same_in_every_encoding_of_unicode(content):
    assert decode_text(content) == TEXT


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("Jl. Sudirman – Batam".encode("cp1252"), r"not UTF-8 text \(byte 14\); save it as UTF-8"),
        (b"a: b\nc: \0d\n", "a NUL character in line 2"),
        (codecs.BOM_UTF16_LE + b"a", "not UTF-16 text"),
        (bytes(range(256)) * 4, "save it as UTF-8"),
        (b"\0" * 64, "a NUL character in line 1"),
    ],
)
def test_other_content_is_refused_with_the_remedy(content, fault):
    with pytest.raises(ValueError, match=fault):
        decode_text(content)


def test_an_empty_file_is_an_empty_text():
    assert decode_text(b"") == ""
