"""Errors over HTTP: problem details (RFC 9457), with the same words as on the command line."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from fastapi.responses import JSONResponse

from metastore_sync.errors import (
    BrokenError,
    LeaseLostError,
    RebuildNeededError,
    RefusedError,
    TidegateError,
    UsageError,
    VerdictError,
)
from metastore_sync.problem_types import BY_STATUS, KINDS, ProblemType

MEDIA_TYPE = "application/problem+json"
#: Under this name the number of a request is bound to the log, and told with each problem.
REQUEST_ID = "request_id"

#: Error class → type of problem; the first that fits.
_TYPES: tuple[tuple[type[TidegateError], ProblemType], ...] = (
    (RebuildNeededError, ProblemType.REBUILD),
    (RefusedError, ProblemType.REFUSED),
    (VerdictError, ProblemType.VERDICT),
    (UsageError, ProblemType.INVALID),
    (LeaseLostError, ProblemType.BUSY),
    (BrokenError, ProblemType.AWAY),
)


def response(status: HTTPStatus, detail: str, **members: Any) -> JSONResponse:
    """Return problem details of a status; `members` are further ones, such as `errors` or `next_command`."""
    return told(BY_STATUS.get(status, ProblemType.INVALID), detail, status=status, **members)


def told(
    kind: ProblemType, detail: str, *, status: HTTPStatus | None = None, **members: Any
) -> JSONResponse:
    """Return problem details of a type."""
    known = KINDS[kind]
    code = status or known.status
    body: dict[str, Any] = {"type": kind.uri, "title": known.title, "status": code.value, "detail": detail}
    body["next_command"] = known.next_command
    number = structlog.contextvars.get_contextvars().get(REQUEST_ID)
    body |= {REQUEST_ID: number} if number else {}
    return JSONResponse({**body, **members}, status_code=code, media_type=MEDIA_TYPE)


def of(error: TidegateError, status: HTTPStatus | None = None) -> JSONResponse:
    """Return an error as problem details; its status follows its class unless one is given."""
    members = {
        "where": error.where,
        "not_done": error.not_done,
        "next_command": error.next_command,
    }
    shown: dict[str, Any] = {name: text for name, text in members.items() if text}
    if isinstance(error, RefusedError):
        shown["problems"] = [dict(problem) for problem in error.problems]
    if status is not None:
        return response(status, error.fact, **shown)
    kind = next((known for cls, known in _TYPES if isinstance(error, cls)), ProblemType.INTERNAL)
    return told(kind, error.fact, **shown)
