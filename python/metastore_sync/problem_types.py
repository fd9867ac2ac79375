"""Every kind of problem that the service answers with: its URI, status, title, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import NamedTuple

URN = "urn:tidegate:problem:"


class ProblemType(StrEnum):
    """The closed list; the value is the last part of the problem's `type`."""

    MALFORMED = "malformed"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    METHOD = "method-not-allowed"
    CONFLICT = "conflict"
    #: The guard's verdict, or the state of the dataset, says no.
    VERDICT = "verdict"
    #: Problems speak against applying a dataset; `problems` lists them.
    REFUSED = "refused"
    REBUILD = "rebuild-needed"
    CHANGED = "precondition-failed"
    TOO_LARGE = "too-large"
    INVALID = "invalid"
    KEY_REUSED = "idempotency-key-reused"
    KEY_BUSY = "idempotency-key-busy"
    PRECONDITION = "precondition-required"
    INTERNAL = "internal"
    #: Somebody else works on the dataset.
    BUSY = "busy"
    AWAY = "unavailable"

    @property
    def uri(self) -> str:
        """The `type` of RFC 9457: stable, and the same for every version of the service."""
        return f"{URN}{self.value}"


class Kind(NamedTuple):
    """What a problem type says where nothing better is known."""

    status: HTTPStatus
    title: str
    next_command: str


_AGAIN = "send the same request again"
KINDS: Mapping[ProblemType, Kind] = MappingProxyType(
    {
        ProblemType.MALFORMED: Kind(HTTPStatus.BAD_REQUEST, "The body cannot be read", "correct the body"),
        ProblemType.UNAUTHORIZED: Kind(HTTPStatus.UNAUTHORIZED, "No valid token", "tidegate env"),
        ProblemType.FORBIDDEN: Kind(
            HTTPStatus.FORBIDDEN, "The token's role does not allow it", "tidegate env"
        ),
        ProblemType.NOT_FOUND: Kind(HTTPStatus.NOT_FOUND, "There is no such thing", "GET /openapi.json"),
        ProblemType.METHOD: Kind(
            HTTPStatus.METHOD_NOT_ALLOWED, "The path has no such method", "GET /openapi.json"
        ),
        ProblemType.CONFLICT: Kind(HTTPStatus.CONFLICT, "What is there speaks against it", "tidegate status"),
        ProblemType.VERDICT: Kind(HTTPStatus.CONFLICT, "The verdict says no", "tidegate status"),
        ProblemType.REFUSED: Kind(HTTPStatus.CONFLICT, "The dataset cannot be applied", "tidegate plan"),
        ProblemType.REBUILD: Kind(
            HTTPStatus.CONFLICT, "Tables would have to be rebuilt", "send it with ?rebuild=accepted"
        ),
        ProblemType.CHANGED: Kind(
            HTTPStatus.PRECONDITION_FAILED, "It has changed since it was read", "read it again"
        ),
        ProblemType.TOO_LARGE: Kind(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large", "send less at once"
        ),
        ProblemType.INVALID: Kind(
            HTTPStatus.UNPROCESSABLE_ENTITY, "The request is wrong", "GET /openapi.json"
        ),
        ProblemType.KEY_REUSED: Kind(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "The Idempotency-Key belongs to another request",
            "send it with another Idempotency-Key",
        ),
        ProblemType.KEY_BUSY: Kind(
            HTTPStatus.CONFLICT, "The request with this Idempotency-Key still runs", _AGAIN
        ),
        ProblemType.PRECONDITION: Kind(
            HTTPStatus.PRECONDITION_REQUIRED, "If-Match is missing", "read it, then send its ETag as If-Match"
        ),
        ProblemType.INTERNAL: Kind(
            HTTPStatus.INTERNAL_SERVER_ERROR, "The service failed", "tidegate doctor"
        ),
        ProblemType.BUSY: Kind(HTTPStatus.SERVICE_UNAVAILABLE, "Somebody else works on it", _AGAIN),
        ProblemType.AWAY: Kind(HTTPStatus.SERVICE_UNAVAILABLE, "A part is away", "tidegate doctor"),
    }
)

#: Status → the type of a problem of which no more is known.
BY_STATUS: Mapping[HTTPStatus, ProblemType] = MappingProxyType(
    {KINDS[kind].status: kind for kind in reversed(ProblemType)}
    | {
        HTTPStatus.CONFLICT: ProblemType.CONFLICT,
        HTTPStatus.UNPROCESSABLE_ENTITY: ProblemType.INVALID,
        HTTPStatus.SERVICE_UNAVAILABLE: ProblemType.AWAY,
    }
)
