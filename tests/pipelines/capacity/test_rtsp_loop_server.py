"""Cutting of NAL units into RTP payloads."""

import pytest

pytest.importorskip("aio_rtsp_toolkit", reason="needs the RTSP server, which the extra `demo` installs")

from pipelines.capacity.rtsp_loop_server import MAX_PAYLOAD_BYTES, rtp_payloads

IDR_HEADER = 0x65


def nal_unit(length: int) -> bytes:
    return bytes([IDR_HEADER]) + bytes(k % 251 for k in range(length - 1))


def reassembled(payloads: list[bytes]) -> bytes:
    """Join the fragments of a NAL unit as a client does (RFC 6184, 5.8)."""
    header = payloads[0][0] & 0xE0 | payloads[0][1] & 0x1F
    return bytes([header]) + b"".join(payload[2:] for payload in payloads)


def test_a_small_unit_is_one_payload() -> None:
    unit = nal_unit(MAX_PAYLOAD_BYTES)
    assert rtp_payloads(unit, ends_frame=False) == [(unit, 0)]
    assert rtp_payloads(unit, ends_frame=True) == [(unit, 1)]


@pytest.mark.parametrize("length", [MAX_PAYLOAD_BYTES + 1, 2 * MAX_PAYLOAD_BYTES - 3, 2 * MAX_PAYLOAD_BYTES, 10_000])
def test_a_large_unit_is_cut_into_fragments_that_fit(length: int) -> None:
    unit = nal_unit(length)
    payloads = [payload for payload, _ in rtp_payloads(unit, ends_frame=True)]
    assert all(len(payload) <= MAX_PAYLOAD_BYTES for payload in payloads)
    assert all(payload[0] & 0x1F == 28 for payload in payloads), "FU-A"
    assert [payload[1] >> 6 for payload in payloads] == [0b10, *[0] * (len(payloads) - 2), 0b01], "start and end"
    assert reassembled(payloads) == unit


@pytest.mark.parametrize("ends_frame", [True, False])
def test_only_the_last_fragment_of_a_frame_is_marked(ends_frame: bool) -> None:
    marks = [mark for _, mark in rtp_payloads(nal_unit(5000), ends_frame=ends_frame)]
    assert marks == [0, 0, 0, int(ends_frame)]
