"""RTP payloads of JPEG frames (RFC 2435), from files with the usual Huffman tables."""

from struct import pack, unpack_from

MAX_PAYLOAD_BYTES = 1200
"""Largest part of the scan in one payload, in bytes; with all headers it fits an Ethernet frame. [assumption]"""

TABLES_FOLLOW = 255
"""Quality of a frame that carries its own quantisation tables. [source: RFC 2435, 4.2]"""

SOF, DQT, SOS = 0xC0, 0xDB, 0xDA
"""Markers of the frame header, the quantisation tables and the scan. [source: ITU-T T.81, table B.1]"""

HALF_CHROMA_ROWS = 0x22
"""Sampling factors of luma where chroma has half the rows. [source: ITU-T T.81, B.2.2]"""


def jpeg_payloads(jpeg: bytes) -> list[bytes]:
    """Return the RTP payloads of a baseline JPEG file of 8 bits with 4:2:0 or 4:2:2 chroma."""
    tables, kind, width, height, scan = b"", 0, 0, 0, b""
    at = 2
    while not scan:
        _, marker, length = unpack_from(">BBH", jpeg, at)
        body = jpeg[at + 4 : at + 2 + length]
        if marker == DQT:
            tables += b"".join(body[start + 1 : start + 65] for start in range(0, len(body), 65))
        elif marker == SOF:
            height, width = unpack_from(">HH", body, 1)
            kind = int(body[7] == HALF_CHROMA_ROWS)
        elif marker == SOS:
            scan = jpeg[at + 2 + length : jpeg.rindex(b"\xff\xd9")]
        at += 2 + length
    found = []
    for start in range(0, len(scan), MAX_PAYLOAD_BYTES):
        offset = start.to_bytes(3, "big")
        head = b"\0" + offset + bytes([kind, TABLES_FOLLOW, width // 8, height // 8])
        head += b"" if start else pack(">BBH", 0, 0, len(tables)) + tables
        found.append(head + scan[start : start + MAX_PAYLOAD_BYTES])
    return found
