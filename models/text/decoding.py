"""Text of files that people save: UTF-8, or UTF-16 and UTF-32 as editors of Windows write them, any line ends."""

import codecs

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""First bytes of a text, with its encoding; a longer mark stands before its start. [source: Unicode]"""

MIN_NUL_SHARE = 0.3
"""Least share of NUL among every second byte of a text in UTF-16 without a mark, with few letters beyond ASCII.
[assumption]"""


def decode_text(content: bytes) -> str:
    """Return the text of a file without its byte order mark, with `\\n` at the end of each line.

    Raises ValueError, with the remedy, for another encoding and for NUL characters. An encoding of eight bits, such as
    Windows-1252, is not guessed: a wrong guess would change names without notice (docs/adr/0141).
    """
    encoding = encoding_of(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding.removesuffix("-sig").upper()
        raise ValueError(f"not {name} text (byte {error.start + 1}); save it as UTF-8") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ValueError(f"no text (a NUL character in line {line}); save it as text in UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def encoding_of(content: bytes) -> str:
    """Return the encoding of a text by its first bytes: its mark, or the NUL bytes of UTF-16; else UTF-8."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return encoding
    pairs = len(content) // 2
    low_nul, high_nul = content[1::2].count(0), content[::2].count(0)
    if pairs and len(content) % 2 == 0 and max(low_nul, high_nul) >= MIN_NUL_SHARE * pairs and 0 in (low_nul, high_nul):
        return "utf-16-le" if low_nul else "utf-16-be"
    return "utf-8"
