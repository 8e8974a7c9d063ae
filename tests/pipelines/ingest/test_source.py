"""Addresses, errors and pacing of sources; connections are tested in tests/integration/test_ingest.py."""

import errno
import socket
import time
from pathlib import Path
from threading import Event as Flag
from threading import Timer

import av
import pytest

from pipelines.events.condition import Condition
from pipelines.ingest.real_time_pacer import MAX_PACING_WAIT_S, RealTimePacer
from pipelines.ingest.source import Source
from pipelines.ingest.stream_conditions import condition_of
from tests.support.servers import write_clip


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("rtsp://admin:s3cret@10.0.0.7:554/live?pwd=s3cret", "rtsp://***@10.0.0.7:554/live"),
        ("rtsp://admin:p@ss@10.0.0.7/live", "rtsp://***@10.0.0.7/live"),
        ("rtsp://admin:p#s/s@10.0.0.7/live", "rtsp://***@10.0.0.7/live"),
        ("http://[fe80::1]:8080/video.m3u8?token=s3cret", "http://[fe80::1]:8080/video.m3u8"),
        ("/srv/clips/junction.mp4", "/srv/clips/junction.mp4"),
    ],
)
def test_a_public_address_has_no_credentials(url: str, address: str) -> None:
    assert Source(url, stop=Flag()).address == address


@pytest.mark.parametrize(
    ("error", "condition"),
    [
        (TimeoutError(), Condition.SILENT),
        (av.error.ExitError(1, "password"), Condition.SILENT),
        (av.error.HTTPUnauthorizedError(1, "password"), Condition.CREDENTIALS_REFUSED),
        (av.error.HTTPForbiddenError(1, "password"), Condition.CREDENTIALS_REFUSED),
        (av.error.HTTPNotFoundError(1, "password"), Condition.STREAM_NOT_FOUND),
        (av.error.HTTPServerError(1, "password"), Condition.STREAM_REFUSED),
        (av.error.HTTPOtherClientError(1, "password"), Condition.STREAM_REFUSED),
        (socket.gaierror("password"), Condition.UNKNOWN_HOST),
        (FileNotFoundError(), Condition.FILE_NOT_FOUND),
        (ConnectionRefusedError(), Condition.CONNECTION_REFUSED),
        (av.error.EOFError(1, "password"), Condition.STREAM_ENDED),
        (av.error.InvalidDataError(1, "password"), Condition.UNREADABLE_STREAM),
        (OSError(errno.EHOSTUNREACH, "No route to host"), Condition.UNREACHABLE),
        (OSError(errno.EIO, "Input/output error"), Condition.STREAM_LOST),
        (RuntimeError("password"), Condition.STREAM_LOST),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.name,
)
def test_each_error_has_its_condition_without_the_message_of_the_library(
    error: Exception, condition: Condition
) -> None:
    found = condition_of(error, "rtsp://10.0.0.7/live")
    assert found.code is condition
    assert "password" not in str(found)


def waited_s(pacer: RealTimePacer, stream_s: float) -> float:
    began = time.monotonic()
    pacer.wait_until(stream_s)
    return time.monotonic() - began


def test_packets_are_delayed_to_real_time_from_any_first_timestamp() -> None:
    pacer = RealTimePacer(Flag())
    assert waited_s(pacer, 5000.0) < 0.1
    assert 0.15 < waited_s(pacer, 5000.2) < 1.0


@pytest.mark.parametrize("jump_s", [-100.0, MAX_PACING_WAIT_S + 1])
def test_a_jump_of_timestamps_is_not_waited_for(jump_s: float) -> None:
    pacer = RealTimePacer(Flag())
    pacer.wait_until(5000.0)
    assert waited_s(pacer, 5000.0 + jump_s) < 1.0
    assert 0.15 < waited_s(pacer, 5000.2 + jump_s) < 1.0


def test_a_stop_ends_the_wait() -> None:
    stop = Flag()
    pacer = RealTimePacer(stop)
    pacer.wait_until(0.0)
    Timer(0.1, stop.set).start()
    assert waited_s(pacer, 10.0) < 5.0


@pytest.mark.parametrize(("name", "has_start_codes"), [("road.ts", True), ("road.mp4", False)])
def test_start_codes_are_recognised_by_the_container(tmp_path: Path, name: str, has_start_codes: bool) -> None:
    with Source(str(write_clip(tmp_path / name, seconds=1)), stop=Flag()) as source:
        assert source.has_start_codes == has_start_codes
        assert (source.codec, source.decode_ordered) == ("h264", False)
        assert source.coded_picture(next(source.packets())).size == (320, 240)
