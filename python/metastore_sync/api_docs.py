"""What routes say of themselves in OpenAPI: their answers, their problems, and the parameters they share."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Header, Path
from pydantic import BaseModel, ConfigDict, Field

from metastore_sync.problem import MEDIA_TYPE
from metastore_sync.problem_types import KINDS, ProblemType

#: Largest integer of the registry's batch numbers, and of its version numbers.
BIGINT, INTEGER = 2**63 - 1, 2**31 - 1
#: Longest idempotency key.
KEY_LENGTH = 255
#: Text that PostgreSQL can hold.
STORABLE = r"^[^\x00]*$"

Name = Annotated[str, Path(pattern="^[a-z][a-z0-9_]*$", max_length=60, description="A dataset.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]+$",
        max_length=KEY_LENGTH,
        description="The same key with the same request gives the first answer again, for 24 hours.",
    ),
]

#: What any route with a token can answer.
ANY = (ProblemType.UNAUTHORIZED, ProblemType.FORBIDDEN, ProblemType.INVALID, ProblemType.AWAY)
#: What any route with a body can answer beside.
BODY = (ProblemType.MALFORMED, ProblemType.TOO_LARGE)
#: What a writing route with Idempotency-Key can answer beside.
ONCE = (*BODY, ProblemType.KEY_REUSED, ProblemType.KEY_BUSY)
#: What a route with If-Match can answer beside.
GUARDED = (ProblemType.PRECONDITION, ProblemType.CHANGED)


class Strict(BaseModel):
    """An object of the API: no other members than these."""

    model_config = ConfigDict(extra="forbid")




class Problem(Strict):
    """Problem details (RFC 9457)."""

    type: str = Field(json_schema_extra={"enum": [kind.uri for kind in ProblemType]})
    title: str
    status: int
    detail: str = Field(description="Subject and fact in one line.")
    next_command: str = Field(description="What to type or send next.")
    request_id: str | None = Field(default=None, description="As in X-Request-ID and the log.")
    where: str | None = Field(default=None, description="Where the fact was seen.")
    not_done: str | None = Field(default=None, description="What did not happen because of it.")
    errors: list[str] | None = Field(default=None, description="Every mistake of the request.")
    problems: list[dict[str, str]] | None = Field(
        default=None, description="What speaks against applying the dataset: code, fact, next_command."
    )


def answers(
    model: Any,
    told: str,
    problems: Iterable[ProblemType],
    *,
    status: HTTPStatus = HTTPStatus.OK,
    etag: str = "",
) -> dict[int | str, dict[str, Any]]:
    """
    Return the `responses` of a route.

    Args:
        model: The type of the body.
        told: What the body is, in one line.
        problems: Every problem that the route can answer with.
        status: Of the answer that is no problem.
        etag: What the answer's ETag stands for; empty when it has none.
    """
    fine: dict[str, Any] = {"model": model, "description": told}
    if etag:
        fine["headers"] = {"ETag": {"description": etag, "schema": {"type": "string"}}}
    return {status.value: fine, **refusals(problems)}


def refusals(problems: Iterable[ProblemType]) -> dict[int | str, dict[str, Any]]:
    """Return the problem answers of a route, by status."""
    by_status: dict[int | str, list[ProblemType]] = {}
    for kind in problems:
        by_status.setdefault(KINDS[kind].status.value, []).append(kind)
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": "; ".join(KINDS[kind].title for kind in kinds), "content": content}
        for status, kinds in sorted(by_status.items(), key=str)
    }
