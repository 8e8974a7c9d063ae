"""Choice of the transport of RTSP; connections are tested in tests/integration/test_odd_networks.py."""

import pytest

from pipelines.ingest.open_stream import RtspTransport, Transport, with_lower_scheme


def test_tcp_comes_first_and_a_refusal_changes_the_transport_at_once() -> None:
    transport = RtspTransport()
    assert transport.current is Transport.TCP
    transport.refused()
    assert transport.current is Transport.UDP


def test_a_new_connection_without_a_packet_changes_the_transport_each_time() -> None:
    transport = RtspTransport()
    used = []
    for _ in range(4):
        used.append(transport.current)
        transport.nothing_arrived()
    assert used == ["tcp", "udp", "tcp", "udp"]


def test_a_transport_that_delivered_is_left_at_the_second_connection_without_a_packet() -> None:
    transport = RtspTransport()
    transport.delivered()
    transport.nothing_arrived()
    assert transport.current is Transport.TCP
    transport.nothing_arrived()
    assert transport.current is Transport.UDP


@pytest.mark.parametrize(
    ("address", "opened"),
    [
        ("RTSP://Admin:Pw@10.0.0.7/Live?Channel=1", "rtsp://Admin:Pw@10.0.0.7/Live?Channel=1"),
        ("Rtsps://10.0.0.7/live", "rtsps://10.0.0.7/live"),
        ("HTTP://[fe80::1]/A.M3U8", "http://[fe80::1]/A.M3U8"),
        ("/srv/Clips/Junction.MP4", "/srv/Clips/Junction.MP4"),
        ("C:\\Clips\\A.mp4", "C:\\Clips\\A.mp4"),
        ("", ""),
    ],
)
def test_only_the_scheme_of_an_address_becomes_lower_case(address: str, opened: str) -> None:
    assert with_lower_scheme(address) == opened
