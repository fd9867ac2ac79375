"""Errors over HTTP: problem details (RFC 9457), with the same words as on the command line."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse

from metastore_sync.errors import BrokenError, RefusedError, TidegateError, UsageError

MEDIA_TYPE = "application/problem+json"


def response(status: HTTPStatus, detail: str, **members: Any) -> JSONResponse:
    """Return problem details; `members` are further ones, such as `errors` or `next_command`."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value}
    return JSONResponse({**body, "detail": detail, **members}, status_code=status, media_type=MEDIA_TYPE)


def of(error: TidegateError, status: HTTPStatus | None = None) -> JSONResponse:
    """Return an error as problem details; its status follows its class unless one is given."""
    members = {
        "where": error.where,
        "not_done": error.not_done,
        "next_command": error.next_command,
    }
    told: dict[str, Any] = {name: text for name, text in members.items() if text}
    if isinstance(error, RefusedError):
        told["problems"] = [dict(problem) for problem in error.problems]
    return response(status or _status(error), error.fact, **told)


def _status(error: TidegateError) -> HTTPStatus:
    if isinstance(error, BrokenError):
        return HTTPStatus.SERVICE_UNAVAILABLE
    if isinstance(error, UsageError):
        return HTTPStatus.UNPROCESSABLE_ENTITY
    return HTTPStatus.CONFLICT
