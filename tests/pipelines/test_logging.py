"""Logs never carry credentials, wherever in the event they hide."""

import json
from collections.abc import Iterator

import pytest
import structlog

from pipelines.logging import configure_logging


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_credentials_are_redacted(capsys):
    configure_logging(json=True)
    error = ConnectionError("rtsp://admin:s3cret@10.0.0.7/main timed out")
    structlog.get_logger().warning("lost rtsp://admin:s3cret@10.0.0.7/main", error=error, dsn="password=s3cret host=db")
    line = json.loads(capsys.readouterr().err)
    assert "s3cret" not in json.dumps(line)
    assert line["error"] == "ConnectionError: rtsp://***@10.0.0.7/main timed out"


def test_a_traceback_is_redacted_too(capsys):
    configure_logging(json=True)
    try:
        raise ConnectionError("rtsp://admin:s3cret@10.0.0.7/main")
    except ConnectionError:
        structlog.get_logger().exception("camera failed")
    assert "s3cret" not in capsys.readouterr().err
