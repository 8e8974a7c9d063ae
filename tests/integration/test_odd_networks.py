"""Cameras behind odd networks: transports, addresses, redirects and limits, over real connections."""

import time
from pathlib import Path
from threading import Event as Flag

import pytest

from pipelines.doctor.streams import probe
from pipelines.errors import NeedsRemedy
from pipelines.events.condition import Condition
from pipelines.ingest.open_stream import RtspTransport, Transport
from pipelines.ingest.source import Source, SourceLost
from pipelines.recordings.video_reader import VideoReader
from tests.support.odd_rtsp_server import odd_camera
from tests.support.servers import write_clip

pytestmark = pytest.mark.integration

REFUSALS = (
    "461 Unsupported Transport",
    "400 Bad Request",
    "406 Not Acceptable",
    "500 Internal Server Error",
    "551 Option not supported",
    None,
)
"""Answers of cameras to a SETUP that they refuse; None is the end of the connection. [test data]"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "road.mp4", seconds=2)


def packets(url: str, transport: RtspTransport | None = None, *, stall_s: float = 5.0, wanted: int = 5) -> int:
    """Number of packets that were read, at most `wanted`."""
    count = 0
    with Source(url, stop=Flag(), stall_s=stall_s, transport=transport) as source:
        for _ in source.packets():
            count += 1
            if count == wanted:
                break
    return count


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_camera_that_refuses_tcp_is_read_over_udp_and_asked_for_it_first_next_time(
    clip: Path, refusal: str | None
) -> None:
    transport = RtspTransport()
    with odd_camera(clip, transports=frozenset({"udp"}), refusal=refusal) as camera:
        assert packets(camera.url(), transport) == 5
        assert camera.transports_asked() == ["tcp", "udp"]
        assert packets(camera.url(), transport) == 5
        assert camera.transports_asked() == ["tcp", "udp", "udp"]


def test_a_camera_that_refuses_udp_from_now_on_is_read_over_tcp(clip: Path) -> None:
    transport = RtspTransport()
    transport.refused()
    with odd_camera(clip, transports=frozenset({"tcp"})) as camera:
        assert packets(camera.url(), transport) == 5
    assert transport.current is Transport.TCP


def test_a_camera_that_agrees_to_tcp_but_sends_nothing_is_read_over_udp_next_time(clip: Path) -> None:
    transport = RtspTransport()
    with odd_camera(clip, delivers=frozenset({"udp"})) as camera:
        with pytest.raises(SourceLost, match="sends nothing"):
            packets(camera.url(), transport, stall_s=1)
        assert packets(camera.url(), transport) == 5


def test_a_camera_whose_udp_never_arrives_is_reported_as_such(clip: Path) -> None:
    with (
        odd_camera(clip, transports=frozenset({"udp"}), delivers=frozenset()) as camera,
        pytest.raises(SourceLost) as lost,
    ):
        packets(camera.url(), stall_s=1)
    assert lost.value.condition.code is Condition.NO_UDP_PACKETS
    assert "firewall" in str(lost.value)


def test_doctor_and_count_read_a_camera_over_udp(clip: Path) -> None:
    with odd_camera(clip, transports=frozenset({"udp"})) as camera:
        assert probe(camera.url(), 5).codec == "h264"
        with VideoReader(camera.url()) as video:
            assert next(video.frames()).image_size == (320, 240)


def test_doctor_finds_a_camera_that_delivers_over_udp_alone(clip: Path) -> None:
    with odd_camera(clip, delivers=frozenset({"udp"})) as camera:
        assert probe(camera.url(), 2).codec == "h264"


@pytest.mark.parametrize("scheme", ["RTSP", "Rtsp"])
def test_the_scheme_of_an_address_may_be_in_upper_case(clip: Path, scheme: str) -> None:
    with odd_camera(clip) as camera:
        assert packets(camera.url(scheme=scheme)) == 5
        with VideoReader(camera.url(scheme=scheme)) as video:
            assert video.is_live
            assert next(video.frames()).image_size == (320, 240)


@pytest.mark.parametrize("transports", [{"tcp"}, {"udp"}])
def test_an_address_of_ipv6_with_password_and_query_is_read(clip: Path, transports: set[str]) -> None:
    with odd_camera(clip, host="::1", credentials=("admin", "pw"), transports=frozenset(transports)) as camera:
        path = "cam/realmonitor?channel=1&subtype=0"
        assert packets(camera.url(credentials="admin:pw@", path=path)) == 5
        assert any(path in address for method, address, _ in camera.requests if method == "DESCRIBE")


def test_a_redirect_is_followed(clip: Path) -> None:
    with odd_camera(clip) as target, odd_camera(clip, redirect=target.url()) as first:
        assert packets(first.url()) == 5


@pytest.mark.parametrize("basic", [False, True])
def test_a_redirect_keeps_the_credentials(clip: Path, basic: bool) -> None:
    with (
        odd_camera(clip, credentials=("admin", "pw"), basic=basic) as target,
        odd_camera(clip, credentials=("admin", "pw"), basic=basic, redirect=target.url()) as first,
    ):
        assert packets(first.url(credentials="admin:pw@")) == 5


def test_a_camera_with_one_client_refuses_the_second_by_name_and_serves_it_later(clip: Path) -> None:
    with odd_camera(clip, max_clients=1) as camera:
        with Source(camera.url(), stop=Flag()) as source:
            next(source.packets())
            with pytest.raises(SourceLost, match="no further viewer"):
                packets(camera.url())
        assert packets(camera.url()) == 5


def test_a_camera_with_one_client_and_udp_only_is_read(clip: Path) -> None:
    with odd_camera(clip, max_clients=1, transports=frozenset({"udp"})) as camera:
        assert packets(camera.url()) == 5


@pytest.mark.parametrize("transports", [{"tcp"}, {"udp"}])
def test_a_stream_without_packets_is_lost_after_the_stated_time_and_not_twice_that(
    clip: Path, transports: set[str]
) -> None:
    stall_s, silent_since = 3.0, 0.0
    with (
        odd_camera(clip, transports=frozenset(transports)) as camera,
        Source(camera.url(), stop=Flag(), stall_s=stall_s) as source,
    ):
        with pytest.raises(SourceLost, match="sends nothing"):
            for number, _ in enumerate(source.packets()):
                silent_since = time.monotonic()
                if number == 5:
                    camera.video_stops.set()
        assert time.monotonic() - silent_since < 1.6 * stall_s


def test_a_camera_that_never_answers_is_not_asked_over_udp_too(silent_server: int) -> None:
    transport = RtspTransport()
    with pytest.raises(SourceLost, match="sends nothing"):
        packets(f"rtsp://127.0.0.1:{silent_server}/live", transport, stall_s=1)
    assert not transport.is_udp_only


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_an_unknown_host_name_is_reported_as_such_and_tried_again_soon(scheme: str) -> None:
    with pytest.raises(SourceLost) as lost:
        packets(f"{scheme}://admin:s3cret@no-such-camera.invalid/live")
    assert not isinstance(lost.value, NeedsRemedy)
    assert lost.value.condition.code is Condition.UNKNOWN_HOST
    assert "s3cret" not in str(lost.value)
