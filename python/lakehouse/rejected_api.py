"""Rejected records over HTTP: listed, shown, replayed."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Path, Query
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, Response

from lakehouse import ledger, rejected
from lakehouse.api import PAGE, PAGE_MOST, Require
from lakehouse.rejected_models import Rejected, RejectionStatus, Replaying, Replays, Shown, Stage
from metastore_sync import problem, registry
from metastore_sync.api_docs import ANY, BIGINT, INTEGER, ONCE, IdempotencyKey, Name, answers
from metastore_sync.errors import TidegateError, UsageError
from metastore_sync.problem_types import ProblemType
from metastore_sync.settings import Settings
from schema_guard.rejections import replay
from schema_guard.rejections.selection import Wanted

Limit = Annotated[int, Query(ge=1, le=PAGE_MOST, description="Rows of one page.")]
After = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9]{1,18}\.[0-9A-Za-z_-]{1,64}\.[0-9]{1,9}\.[0-9]{1,18}\.[a-z]{1,20}$",
        description="`next_after` of the page before.",
    ),
]
Batch = Annotated[int | None, Query(ge=1, le=BIGINT, description="Of one batch only.")]
Reason = Annotated[str | None, Query(pattern="^[A-Z0-9_]{1,60}$", description="Of one reason only.")]
TopicId = Annotated[str, Path(pattern="^[0-9a-f]{8}$", description="8 hex digits.")]
Partition = Annotated[int, Path(ge=0, le=INTEGER)]
Offset = Annotated[int, Path(ge=0, le=BIGINT)]
_PROBLEMS = (*ANY, ProblemType.NOT_FOUND)
_REPLAY_PROBLEMS = (*_PROBLEMS, ProblemType.CONFLICT, ProblemType.VERDICT, ProblemType.BUSY, *ONCE)


class Caller(Protocol):
    """What a replay needs to know of the one who sent it."""

    @property
    def actor(self) -> str:
        """The name that is kept with the record."""


def router(settings_dependency: Callable[..., Settings], require: Require) -> APIRouter:
    """
    Return the routes of rejected records.

    Args:
        settings_dependency: Gives the settings in force.
        require: Makes the dependency of a role: read lists and shows shapes, write sees payloads and replays.
    """
    routes = APIRouter(prefix="/datasets/{dataset}", tags=["rejected"])
    # Routes take it as a type: annotations of this module are values, not texts.
    at = Annotated[Settings, Depends(settings_dependency)]
    writes = Annotated[Caller, Depends(require("write"))]
    reads = [Depends(require("read"))]

    @routes.get(
        "/rejected", dependencies=reads, responses=answers(Rejected, "A page of records.", _PROBLEMS)
    )
    def list_rejected(  # noqa: PLR0917 - one per query parameter
        dataset: Name,
        settings: at,
        limit: Limit = PAGE,
        after: After = None,
        batch: Batch = None,
        error_type: Reason = None,
        stage: Annotated[Stage | None, Query(description="Of one stage only.")] = None,
        status: Annotated[RejectionStatus | None, Query(description="Replayed already, or not.")] = None,
    ) -> Response:
        """List rejected records with their reasons, newest first, without payloads."""
        wanted = ledger.Filter(batch_id=batch, error_type=error_type, stage=stage, status=status)
        return _read(
            settings,
            dataset,
            lambda conn: ledger.rejected_page(conn, dataset, wanted, after=after, page=limit),
        )

    record = "/rejected/{topic_id}/{partition}/{offset}"
    shown = answers(Shown, "The record's rejections.", _PROBLEMS)

    @routes.get(record, dependencies=reads, responses=shown)
    def show_rejected(
        dataset: Name, topic_id: TopicId, partition: Partition, offset: Offset, settings: at
    ) -> Response:
        """Show why a record was rejected and what became of it; of its payload only the shape."""
        identity = rejected.Identity(topic_id, partition, offset)
        return _show(settings, dataset, identity, payload=False)

    @routes.get(f"{record}/payload", dependencies=[Depends(require("write"))], responses=shown)
    def show_payload(
        dataset: Name, topic_id: TopicId, partition: Partition, offset: Offset, settings: at
    ) -> Response:
        """Show the same with the producer's value."""
        identity = rejected.Identity(topic_id, partition, offset)
        return _show(settings, dataset, identity, payload=True)

    done_once = answers(Replays, "The replay batches that were made.", _REPLAY_PROBLEMS)

    @routes.post("/rejected:replay", responses=done_once)
    def replay_rejected(
        dataset: Name,
        wanted: Replaying,
        settings: at,
        caller: writes,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        """Have rejected records judged again as a batch of their own; the next build loads it."""
        del idempotency_key  # the application sees to it (tidegate/idempotency.py)
        return _replay(settings, dataset, wanted, caller.actor)

    return routes


def _read(settings: Settings, dataset: str, read: Callable[[ledger.Connection], Any]) -> Response:
    with registry.connect(settings) as conn:
        try:
            registry.dataset(conn, dataset)
            return JSONResponse(jsonable_encoder(read(conn)))
        except UsageError as error:
            return problem.of(error, HTTPStatus.NOT_FOUND)


def _show(settings: Settings, dataset: str, record: rejected.Identity, *, payload: bool) -> Response:
    return _read(
        settings, dataset, lambda conn: rejected.show(settings, conn, dataset, record, payload=payload)
    )


def _replay(settings: Settings, dataset: str, wanted: Replaying, actor: str) -> Response:
    try:
        with registry.connect(settings) as conn:
            registry.dataset(conn, dataset)
    except UsageError as error:
        return problem.of(error, HTTPStatus.NOT_FOUND)
    which = Wanted(**wanted.model_dump(exclude={"why", "payload"}))
    payload = None if wanted.payload is None else wanted.payload.encode()
    try:
        done = replay.replay(settings, dataset, which, actor, wanted.why, payload=payload)
    except UsageError as error:
        # The words are well formed; they name nothing that can be replayed now.
        return problem.of(error, HTTPStatus.CONFLICT)
    except TidegateError as error:
        return problem.of(error)
    return JSONResponse(done.to_json())
