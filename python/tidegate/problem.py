"""Every error of the service as problem details (RFC 9457), whatever raised it."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from metastore_sync import problem
from metastore_sync.errors import TidegateError
from metastore_sync.problem_types import ProblemType

_log = structlog.get_logger(__name__)


def install(app: FastAPI) -> None:
    """Make an application answer every error with problem details."""
    app.add_exception_handler(TidegateError, _tidegate)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unexpected)


def _tidegate(_: Request, error: Exception) -> Response:
    assert isinstance(error, TidegateError)  # noqa: S101 - how the handler was registered
    return problem.of(error)


def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - how the handler was registered
    answer = problem.response(HTTPStatus(error.status_code), str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - how the handler was registered
    wrong = [
        f"{'.'.join(str(part) for part in mistake['loc'][1:]) or 'body'}: {mistake['msg']}"
        for mistake in error.errors()
    ]
    count = f"{len(wrong)} mistake{'' if len(wrong) == 1 else 's'} in the request"
    return problem.response(HTTPStatus.UNPROCESSABLE_ENTITY, count, errors=wrong)


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _log.error("request_failed", path=request.url.path, exc_info=error)
    return problem.told(
        ProblemType.INTERNAL,
        "the service failed; its log has the reason",
        where=f"{request.method} {request.url.path}",
    )
