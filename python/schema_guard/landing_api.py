"""Gaps in the raw zone over HTTP: seen, accepted, landed again."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from metastore_sync import problem, registry
from metastore_sync.errors import TidegateError, UsageError
from metastore_sync.settings import Settings
from schema_guard import accept_gap, accepted, gaps, replay
from schema_guard.accept_gap import OffsetRange
from schema_guard.edges.s3 import Store

#: `require("read")` gives a dependency that lets a request through or ends it.
Require = Callable[[str], Callable[..., Any]]


class Caller(Protocol):
    """What a decision needs to know of the one who sent it."""

    @property
    def actor(self) -> str:
        """The name that is kept with the decision."""


class Range(BaseModel):
    """A range of one partition; both ends included."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    partition: int = Field(ge=0)
    first: int = Field(ge=0, alias="from")
    last: int = Field(ge=0, alias="to")
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

    why: str = Field(min_length=1, max_length=2000, description="Kept with the loss.")


class Lost(Range):
    """The body of a replay."""

    why: str = Field(default="", max_length=2000, description="Kept in the audit log.")


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

    @routes.get("/gaps", dependencies=[Depends(require("read"))])
    def list_gaps(dataset: str, settings: at) -> Response:
        """List what is missing from the raw zone, and the losses that were accepted."""
        return _answer(settings, dataset, lambda: _gaps(settings, dataset))

    @routes.post("/gaps:accept")
    def accept(dataset: str, loss: Loss, settings: at, caller: approves) -> Response:
        """Accept exactly one open gap for good."""

        def act() -> Any:
            wanted = loss.as_offsets()
            return accept_gap.accept(
                settings, dataset, wanted, caller.actor, loss.why
            ).to_json()

        return _answer(settings, dataset, act)

    @routes.post("/gaps:replay")
    def land_again(dataset: str, lost: Lost, settings: at, caller: writes) -> Response:
        """Land exactly a lost range again, from Kafka."""

        def act() -> Any:
            wanted = lost.as_offsets()
            done = replay.replay(settings, dataset, wanted, caller.actor, lost.why)
            return {"replayed": [one.to_json() for one in done]}

        return _answer(settings, dataset, act)

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


def _answer(settings: Settings, dataset: str, act: Callable[[], Any]) -> Response:
    try:
        with registry.connect(settings) as conn:
            registry.dataset(conn, dataset)
    except UsageError as error:
        return problem.of(error, HTTPStatus.NOT_FOUND)
    try:
        return JSONResponse(act())
    except UsageError as error:
        # The words are well formed; they name no gap that is open.
        return problem.of(error, HTTPStatus.CONFLICT)
    except TidegateError as error:
        return problem.of(error)
