"""Handlers that answer every error with `{"detail": "one sentence"}`."""

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse, Response

from pipelines.store.database_errors import DatabaseUnavailable

log = structlog.get_logger(__name__)


def install_error_handlers(app: FastAPI) -> None:
    """Answer invalid requests with 422, a lost database with 503 and bugs with 500."""
    app.add_exception_handler(psycopg.DataError, _unstorable)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(DatabaseUnavailable, _database_unavailable)
    app.add_exception_handler(Exception, _internal_error)


async def _invalid_request(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"][1:])
    what = str(problem["msg"]).removeprefix("Value error, ").rstrip(".")
    return _problem(422, f"{where}: {what}." if where else f"{what}.")


async def _unstorable(_: Request, error: Exception) -> Response:
    """Psycopg itself, not the server, refuses text with a zero byte, which comes from a request."""
    assert isinstance(error, psycopg.DataError)
    if error.sqlstate is not None:
        raise error
    return _problem(422, "The request has a zero byte, which cannot be stored.")


async def _database_unavailable(request: Request, error: Exception) -> Response:
    log.warning("the database does not answer", path=request.url.path, error=error)
    return _problem(503, "The database does not answer; please try again in a minute.", {"Retry-After": "30"})


async def _internal_error(_: Request, __: Exception) -> Response:
    """A bug; the server logs its traceback."""
    return _problem(500, "Something went wrong here; it has been logged.")


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"detail": detail}, status_code=status, headers=headers)
