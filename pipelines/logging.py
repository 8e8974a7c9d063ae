"""Structured logs on standard error, with credentials redacted in every field."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_URL_CREDENTIALS = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@]+@")
"""User information of a URL. [RFC 3986]"""
_DSN_PASSWORD = re.compile(r"(password\s*=\s*)('[^']*'|\S+)", re.IGNORECASE)
"""Password in a key-value DSN of libpq. [PostgreSQL, connection strings]"""


def without_credentials(text: str) -> str:
    """Replace user names and passwords of URLs, and passwords of DSNs, by `***`.

    >>> without_credentials("rtsp://admin:s3cret@10.0.0.7/h264 timed out")
    'rtsp://***@10.0.0.7/h264 timed out'
    >>> without_credentials("host=db password=s3cret dbname=simpang")
    'host=db password=*** dbname=simpang'
    """
    return _DSN_PASSWORD.sub(r"\1***", _URL_CREDENTIALS.sub(r"\1***@", text))


def _redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, BaseException):
            event[key] = without_credentials(f"{type(value).__name__}: {value}")
        elif isinstance(value, str):
            event[key] = without_credentials(value)
    return event


def configure_logging(*, json: bool | None = None, verbose: bool = False) -> None:
    """Route structlog to standard error. json: None picks text on a terminal and JSON lines elsewhere."""
    as_json = not sys.stderr.isatty() if json is None else json
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(
            sys.stderr
        ),  # evaluated for each logger, so that a replaced stream is used
        cache_logger_on_first_use=False,
    )
