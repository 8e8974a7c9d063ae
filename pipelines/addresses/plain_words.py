"""Words of paths that cameras and servers have in common. All other parts of a path may be a secret, such as a key."""

import re
from urllib.parse import unquote

_WORDS = """
alerts alarm amp api aspx audio av axis bin cam camera cameras cgi chan channel channels codec db default events first
flv hd healthz high hls hook hooks http https ifs in incidents index input isapi jpeg jpg last live lowres low main
media mediainput mjpeg mjpg mkv mp mpeg multicast onvif out picture play playlist preview primary profile profiles
psia quality rad realmonitor rtmp rtsp sd sdp second smp snapshot stream streaming streams sub substream tcp track
trackid traffic trans ts tv udp unicast video videomain videostream videosub webhook h264 h265 hevc avc mp4 mpeg4 m3u
m3u8 ch h mp m v
"""
"""Words in the default paths of common cameras and servers. [source: manuals of Axis, Bosch, Dahua, Hanwha, Hikvision,
Reolink, TP-Link, Uniview, Vivotek; MediaMTX]"""
WORDS = frozenset(_WORDS.split())
"""Set of these words."""
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
"""Words and numbers, also of `httpPreview`."""
_FORM = re.compile(r"[A-Za-z0-9._-]*")
"""Characters of a part without secrets."""
MAX_DIGITS = 4
"""Digits of the longest number in a part without secrets, such as the channel 1001. [assumption]"""


def is_plain(segment: str) -> bool:
    """Return whether a segment of a path consists of common words and short numbers.

    >>> is_plain("Channels"), is_plain("h264Preview_01_sub"), is_plain("stream1.m3u8"), is_plain("s0RyQ4K6z5LsYx5r")
    (True, True, True, False)
    """
    text = unquote(segment)
    if text.strip("*") == "":  # empty, or masked already
        return True
    if not _FORM.fullmatch(text):
        return False
    if text.lower() in WORDS:
        return True
    pieces = re.split(r"[._-]", text)
    return all(not piece or piece.lower() in WORDS or _are_words(_PARTS.findall(piece)) for piece in pieces)


def _are_words(parts: list[str]) -> bool:
    if any(part.isdigit() and len(part) > MAX_DIGITS for part in parts):
        return False
    words = [part.lower() for part in parts if not part.isdigit()]
    numbers = len(parts) - len(words)
    is_known = all(word in WORDS or (len(word) == 1 and len(parts) <= 2) for word in words)
    return is_known and numbers <= 2
