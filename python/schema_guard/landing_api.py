"""Gaps in the raw zone over HTTP: seen, accepted, landed again."""

import hashlib
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from metastore_sync import preconditions, problem, registry
from metastore_sync.api_docs import (
    ANY,
    BIGINT,
    GUARDED,
    INTEGER,
    ONCE,
    STORABLE,
    IdempotencyKey,
    Name,
    answers,
)
from metastore_sync.errors import TidegateError, UsageError
from metastore_sync.preconditions import IfMatch
from metastore_sync.problem_types import ProblemType
from metastore_sync.settings import Settings
from schema_guard import accept_gap, accepted, gaps, replay
from schema_guard.accept_gap import OffsetRange
from schema_guard.edges.s3 import Store

#: `require("read")` gives a dependency that lets a request through or ends it.
Require = Callable[[str], Callable[..., Any]]


_TAG = "Of all gaps, open and accepted: If-Match of what is done about one."
_PROBLEMS = (*ANY, ProblemType.NOT_FOUND, ProblemType.CONFLICT, ProblemType.VERDICT, ProblemType.BUSY)


class Caller(Protocol):
    """What a decision needs to know of the one who sent it."""

    @property
    def actor(self) -> str:
        """The name that is kept with the decision."""


class Range(BaseModel):
    """A range of one partition; both ends included."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    partition: int = Field(ge=0, le=INTEGER)
    first: int = Field(ge=0, le=BIGINT, alias="from")
    last: int = Field(ge=0, le=BIGINT, alias="to")
    topic_id: str | None = Field(default=None, alias="topicId", pattern="^[0-9a-f]{8}$")

    def as_offsets(self) -> OffsetRange:
        """Return the range as the guard names it."""
        return OffsetRange(
            partition=self.partition,
            first_offset=self.first,
            last_offset=self.last,
            topic_id=self.topic_id,
        )


class Loss(Range):
    """The body of an accepted loss."""

    why: str = Field(min_length=1, max_length=2000, pattern=STORABLE, description="Kept with the loss.")


class Lost(Range):
    """The body of a replay."""

    why: str = Field(default="", max_length=2000, pattern=STORABLE, description="Kept in the audit log.")


def router(settings_dependency: Callable[..., Settings], require: Require) -> APIRouter:
    """
    Return the routes of gaps.

    Args:
        settings_dependency: Gives the settings in force.
        require: Makes the dependency of a role: read sees gaps, write replays, approve accepts a loss.
    """
    routes = APIRouter(prefix="/datasets/{dataset}/landing", tags=["landing"])
    # Routes take it as a type: annotations of this module are values, not texts.
    at = Annotated[Settings, Depends(settings_dependency)]
    writes = Annotated[Caller, Depends(require("write"))]
    approves = Annotated[Caller, Depends(require("approve"))]

    told = "Gaps that are open, and losses that were accepted."
    listed = answers(dict[str, Any], told, _PROBLEMS, etag=_TAG)

    @routes.get("/gaps", dependencies=[Depends(require("read"))], responses=listed)
    def list_gaps(dataset: Name, settings: at) -> Response:
        """List what is missing from the raw zone, and the losses that were accepted."""

        def act() -> Response:
            found = _gaps(settings, dataset)
            return JSONResponse(found, headers={"ETag": _tag(found)})

        return _answer(settings, dataset, act)

    done_once = answers(dict[str, Any], "What was done.", (*_PROBLEMS, *ONCE, *GUARDED))

    @routes.post("/gaps:accept", responses=done_once)
    def accept(  # noqa: PLR0917 - one per parameter of the request
        dataset: Name,
        loss: Loss,
        settings: at,
        caller: approves,
        if_match: IfMatch = "",
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        """Accept exactly one open gap for good."""
        del idempotency_key  # the application sees to it (tidegate/idempotency.py)

        def act() -> dict[str, Any]:
            wanted = loss.as_offsets()
            return accept_gap.accept(settings, dataset, wanted, caller.actor, loss.why).to_json()

        return _answer(settings, dataset, lambda: _guarded(settings, dataset, if_match, act))

    @routes.post("/gaps:replay", responses=done_once)
    def land_again(  # noqa: PLR0917
        dataset: Name,
        lost: Lost,
        settings: at,
        caller: writes,
        if_match: IfMatch = "",
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        """Land exactly a lost range again, from Kafka."""
        del idempotency_key

        def act() -> dict[str, Any]:
            wanted = lost.as_offsets()
            done = replay.replay(settings, dataset, wanted, caller.actor, lost.why)
            return {"replayed": [one.to_json() for one in done]}

        return _answer(settings, dataset, lambda: _guarded(settings, dataset, if_match, act))

    return routes


def _gaps(settings: Settings, dataset: str) -> dict[str, Any]:
    with registry.connect(settings) as conn:
        row = registry.dataset(conn, dataset)
        found = gaps.find(Store(settings), conn, row.dataset)
        known = accepted.of(conn, dataset)
    return {
        "open": [{**gap.to_json(), "next_command": gap.next_command(dataset)} for gap in found],
        "accepted": [gap.to_json() for gap in known],
    }


def _tag(found: dict[str, Any]) -> str:
    """Return the ETag of a dataset's gaps: another one when a gap opens, closes or is accepted."""
    text = json.dumps(found, sort_keys=True, default=str)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'


def _guarded(
    settings: Settings, dataset: str, if_match: str, act: Callable[[], dict[str, Any]]
) -> Response:
    """Do what a caller decided on the gaps they saw, unless others are there now."""
    # Looking for gaps reads the raw zone, so whoever takes whatever is there spares it.
    tag = "" if if_match.strip() in {"", "*"} else _tag(_gaps(settings, dataset))
    read = f"GET /datasets/{dataset}/landing/gaps"
    return preconditions.refusal(if_match, tag, f"{dataset}: gaps", read) or JSONResponse(act())


def _answer(settings: Settings, dataset: str, act: Callable[[], Response]) -> Response:
    try:
        with registry.connect(settings) as conn:
            registry.dataset(conn, dataset)
    except UsageError as error:
        return problem.of(error, HTTPStatus.NOT_FOUND)
    try:
        return act()
    except UsageError as error:
        # The words are well formed; they name no gap that is open.
        return problem.of(error, HTTPStatus.CONFLICT)
    except TidegateError as error:
        return problem.of(error)
