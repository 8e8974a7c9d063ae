"""Condition of a camera for an error of PyAV or the operating system."""

import errno
import socket

import av

from pipelines.events.condition import CameraCondition, Condition

_NO_ROUTE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN)
"""Error numbers for a host that cannot be reached. [source: errno(3)]"""

_STATUS_ERRORS = (
    av.error.HTTPBadRequestError,
    av.error.HTTPTooManyRequestsError,
    av.error.HTTPOtherClientError,
    av.error.HTTPServerError,
)
"""Errors for the status of a server that has no condition of its own. [source: PyAV, av/error]"""

_CONDITION_OF: tuple[tuple[tuple[type[Exception], ...], Condition], ...] = (
    ((socket.gaierror,), Condition.UNKNOWN_HOST),
    ((av.error.ExitError, TimeoutError), Condition.SILENT),
    ((av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError), Condition.CREDENTIALS_REFUSED),
    ((av.error.HTTPNotFoundError,), Condition.STREAM_NOT_FOUND),
    (_STATUS_ERRORS, Condition.STREAM_REFUSED),
    ((FileNotFoundError,), Condition.FILE_NOT_FOUND),
    ((ConnectionRefusedError,), Condition.CONNECTION_REFUSED),
    ((av.error.EOFError,), Condition.STREAM_ENDED),
    ((av.error.InvalidDataError,), Condition.UNREADABLE_STREAM),
)
"""Classes of errors of PyAV and the operating system, and their condition. The first that matches applies."""


def condition_of(error: Exception, address: str | None = None) -> CameraCondition:
    """Return the condition of a stream after an error of PyAV or the operating system.

    address: of the stream, without credentials. PyAV's own message is not used: it may contain the password.
    """
    for classes, code in _CONDITION_OF:
        if isinstance(error, classes):
            return CameraCondition.of(code, address=address)
    code = Condition.UNREACHABLE if getattr(error, "errno", None) in _NO_ROUTE else Condition.STREAM_LOST
    reason = getattr(error, "strerror", None) or type(error).__name__
    return CameraCondition.of(code, address=address, error=reason.lower())
