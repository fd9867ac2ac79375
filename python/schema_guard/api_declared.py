"""What people declare over HTTP: changes of columns (ddl), and of how records become rows (dml)."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Literal, Protocol

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from metastore_sync import api_writes, preconditions, problem, registry
from metastore_sync.api_docs import ANY, GUARDED, ONCE, IdempotencyKey, Name, answers
from metastore_sync.errors import TidegateError, UsageError
from metastore_sync.preconditions import IfMatch
from metastore_sync.problem_types import ProblemType
from metastore_sync.settings import Settings
from schema_guard import api_models, ddl, dml, history

Rebuild = Annotated[
    Literal["refused", "accepted"],
    Query(description="Whether tables may have to be rebuilt for it; refused names what that would take."),
]
_PROBLEMS = (
    *ANY,
    *ONCE,
    *GUARDED,
    ProblemType.NOT_FOUND,
    ProblemType.CONFLICT,
    ProblemType.VERDICT,
    ProblemType.REBUILD,
    ProblemType.BUSY,
)


class Caller(Protocol):
    """What a declaration needs to know of the one who sent it."""

    @property
    def actor(self) -> str:
        """The name that is kept with the declaration."""


def tag_of_all(rows: Sequence[dict[str, Any]]) -> str:
    """Return the ETag of a dataset's versions: which is ACTIVE, which BLOCKED, and how many there are."""
    numbers = {row["status"]: row["version"] for row in rows}
    return f'"{numbers.get("ACTIVE", 0)}.{numbers.get("BLOCKED", 0)}.{len(rows)}"'


def add(routes: APIRouter, given: Callable[..., Settings], writes: Callable[..., Caller]) -> None:
    """Add the routes of declarations; `writes` gives the caller."""
    at = Annotated[Settings, Depends(given)]
    by = Annotated[Caller, Depends(writes)]
    declared = answers(api_models.Declared, "The version it made.", _PROBLEMS)

    @routes.post("/ddl", tags=["declarations"], responses=declared)
    def change_columns(  # noqa: PLR0917 - one per parameter of the request
        dataset: Name,
        body: api_models.Operations,
        settings: at,
        caller: by,
        rebuild: Rebuild = "refused",
        if_match: IfMatch = "",
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        """Change columns, in order, all or none; the result is the ACTIVE version for later batches."""
        del idempotency_key  # the application sees to it (tidegate/idempotency.py)
        return _ddl(settings, dataset, body, caller.actor, if_match, accepts_rebuild=rebuild == "accepted")

    redefined = answers(api_models.Redefined, "What changed.", (*_PROBLEMS, ProblemType.REFUSED))

    @routes.post("/dml", tags=["declarations"], responses=redefined)
    def change_rows(  # noqa: PLR0917
        dataset: Name,
        body: api_models.Redefine,
        settings: at,
        caller: by,
        rebuild: Rebuild = "refused",
        if_match: IfMatch = "",
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        """Change mode, keys or order of a dataset that the API registered."""
        del idempotency_key
        return _dml(settings, dataset, body, caller.actor, if_match, accepts_rebuild=rebuild == "accepted")


def _ddl(
    settings: Settings,
    dataset: str,
    body: api_models.Operations,
    actor: str,
    if_match: str,
    *,
    accepts_rebuild: bool,
) -> Response:
    with registry.connect(settings) as conn:
        try:
            rows = history.versions(conn, dataset)
        except UsageError as error:
            return problem.of(error, HTTPStatus.NOT_FOUND)
    read = f"GET /datasets/{dataset}/schemas"
    if refused := preconditions.refusal(if_match, tag_of_all(rows), f"{dataset}: schemas", read):
        return refused
    active = next((row["version"] for row in rows if row["status"] == "ACTIVE"), 0)
    asked = ddl.Request(
        operations=[one.operation() for one in body.operations],
        actor=actor,
        why=body.why,
        accepts_rebuild=accepts_rebuild,
        seen_active=None if if_match.strip() == "*" else active,
    )
    return _told(lambda: ddl.change(settings, dataset, asked))


def _dml(
    settings: Settings,
    dataset: str,
    body: api_models.Redefine,
    actor: str,
    if_match: str,
    *,
    accepts_rebuild: bool,
) -> Response:
    fields = body.model_dump(mode="json", exclude={"why"}, exclude_none=True)
    wanted = api_writes.changed_fields(settings, dataset, fields, if_match)
    if isinstance(wanted, JSONResponse):
        return wanted
    return _told(lambda: dml.redefine(settings, wanted, actor, body.why, accepts_rebuild=accepts_rebuild))


def _told(act: Callable[[], ddl.Change | dml.Redefinition]) -> Response:
    try:
        return JSONResponse(act().to_json())
    except UsageError as error:
        # The words are well formed; what is there does not fit them.
        return problem.of(error, HTTPStatus.CONFLICT)
    except TidegateError as error:
        return problem.of(error)
