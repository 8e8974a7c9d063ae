"""Logs never carry credentials, wherever in the event they hide."""

import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import structlog

from pipelines.logging import configure_logging, mask_standard_error


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


def test_lists_and_mappings_are_redacted_too(capsys):
    configure_logging(json=True)
    structlog.get_logger().warning("lost", cameras=["rtsp://u:s3#cret@10.0.0.7/main", {"dsn": "password=s3cret"}])
    line = json.loads(capsys.readouterr().err)
    assert line["cameras"] == ["rtsp://***@10.0.0.7/main", {"dsn": "password=***"}]


def test_an_error_that_ends_the_program_and_a_warning_of_a_library_are_masked(capsys, monkeypatch):
    hooks = [(sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook"), (logging, "lastResort")]
    hooks.append((warnings, "formatwarning"))
    for module, hook in hooks:
        monkeypatch.setattr(module, hook, getattr(module, hook))
    mask_standard_error()
    error = RuntimeError("cannot open rtsp://admin:s3#cret@10.0.0.7/main")
    sys.excepthook(type(error), error, None)
    threading.excepthook(threading.ExceptHookArgs((type(error), error, None, None)))
    record = logging.LogRecord("library", logging.WARNING, __file__, 1, "%s", (error,), None)
    assert logging.lastResort is not None
    logging.lastResort.handle(record)
    sys.stderr.write(warnings.formatwarning(UserWarning(str(error)), UserWarning, __file__, 1))
    sys.unraisablehook(SimpleNamespace(exc_type=type(error), exc_value=error, exc_traceback=None))
    printed = capsys.readouterr().err
    assert printed.count("rtsp://***@10.0.0.7/main") == 5
    assert "s3" not in printed
