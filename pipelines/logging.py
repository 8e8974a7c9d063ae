"""Structured logs and tracebacks on standard error, with secrets masked everywhere."""

import logging
import sys
import threading
import traceback
import warnings
from collections.abc import MutableMapping
from contextlib import suppress
from types import TracebackType
from typing import Any

import structlog

from pipelines.addresses.mask import without_credentials


def _redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        event[key] = _masked(value)
    return event


def _masked(value: Any) -> Any:
    """Return a value of a log line without secrets, also inside lists and mappings."""
    match value:
        case str():
            return without_credentials(value)
        case BaseException():
            return without_credentials(f"{type(value).__name__}: {value}")
        case dict():
            return {_masked(key): _masked(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked(item) for item in value]
        case None | bool() | int() | float():
            return value
        case _:
            return without_credentials(str(value))


class _MaskedHandler(logging.Handler):
    """Prints warnings of libraries, which have no handler of their own, without secrets."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(without_credentials(self.format(record)) + "\n")


def _print_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write(without_credentials("".join(traceback.format_exception(kind, error, trace))))


def _print_thread_traceback(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_type is not SystemExit and failed.exc_value is not None:
        _print_traceback(failed.exc_type, failed.exc_value, failed.exc_traceback)


def _print_unraisable(failed: "sys.UnraisableHookArgs") -> None:
    if failed.exc_value is not None:
        _print_traceback(failed.exc_type, failed.exc_value, failed.exc_traceback)


_FORMAT_WARNING = warnings.formatwarning
"""The interpreter's own format of a warning."""


def _masked_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    return without_credentials(_FORMAT_WARNING(message, category, filename, lineno, line))


def mask_standard_error() -> None:
    """Mask tracebacks of the interpreter, its threads and its destructors, and warnings of libraries."""
    sys.excepthook = _print_traceback
    sys.unraisablehook = _print_unraisable
    threading.excepthook = _print_thread_traceback
    warnings.formatwarning = _masked_warning
    logging.lastResort = _MaskedHandler(logging.WARNING)


class _SafeLogger(structlog.PrintLogger):
    """Logger on standard error that drops a line which cannot be written: a full disk must not end its caller."""

    def msg(self, message: str) -> None:
        """Write one line."""
        with suppress(OSError, ValueError):  # ValueError: the stream is closed
            super().msg(message)

    debug = info = warning = error = critical = exception = log = msg


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
        logger_factory=lambda *_: _SafeLogger(sys.stderr),  # for each logger, so that a replaced stream is used
        cache_logger_on_first_use=False,
    )
