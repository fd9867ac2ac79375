"""Schemas, decisions and batches over HTTP; what people declare is in `api_declared.py`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Body, Depends, Path, Query
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, Response

from metastore_sync import preconditions, problem, registry
from metastore_sync.api_docs import ANY, BIGINT, BODY, GUARDED, INTEGER, ONCE, IdempotencyKey, Name, answers
from metastore_sync.errors import TidegateError, UsageError
from metastore_sync.model import Dataset
from metastore_sync.preconditions import IfMatch
from metastore_sync.problem_types import ProblemType
from metastore_sync.settings import Settings
from schema_guard import api_declared, api_models, decide, history, sample
from schema_guard import rollback as back
from schema_guard.api_models import Reason
from schema_guard.core.schema import Schema
from schema_guard.decide import Decision
from schema_guard.edges import registry as edges
from schema_guard.rollback import Rollback

#: `require("read")` gives a dependency that lets a request through or ends it.
Require = Callable[[str], Callable[..., Any]]
Number = Annotated[int, Path(ge=1, le=INTEGER, description="A schema version.")]

#: Most rows of one page, and how many there are when none is asked for.
PAGE_MOST, PAGE = 500, 50
#: Longest sample that is judged at once, in characters.
SAMPLE_LENGTH = 4 << 20
_FOUND = (*ANY, ProblemType.NOT_FOUND)
_DECIDED = (*_FOUND, *ONCE, *GUARDED, ProblemType.CONFLICT, ProblemType.VERDICT)
_TAG = "Of the version, its status and the ACTIVE version: If-Match of a decision about it."
_TAG_OF_ALL = "Of all versions and their states: If-Match of ddl."


class Caller(Protocol):
    """What a decision needs to know of the one who sent it."""

    @property
    def actor(self) -> str:
        """The name that is kept with the decision."""


def router(settings_dependency: Callable[..., Settings], require: Require) -> APIRouter:
    """
    Return the routes of schemas, declarations and batches.

    Args:
        settings_dependency: Gives the settings in force.
        require: Makes the dependency of a role; for write and approve it returns the caller.
    """
    routes = APIRouter(prefix="/datasets/{dataset}")
    reads = [Depends(require("read"))]
    _schemas(routes, settings_dependency, reads)
    _judgements(routes, settings_dependency, reads)
    _decisions(routes, settings_dependency, require("approve"))
    api_declared.add(routes, settings_dependency, require("write"))
    return routes


def _schemas(routes: APIRouter, given: Callable[..., Settings], reads: list[Any]) -> None:
    # Routes take it as a type: annotations of this module are values, not texts.
    at = Annotated[Settings, Depends(given)]
    every = answers(api_models.Versions, "Every version.", _FOUND, etag=_TAG_OF_ALL)

    @routes.get("/schemas", tags=["schemas"], dependencies=reads, responses=every)
    def list_schemas(dataset: Name, settings: at) -> Response:
        """List every schema version, newest first."""
        with known(settings, dataset) as found:
            if isinstance(found, Response):
                return found
            rows = history.versions(found, dataset)
        return _json({"versions": rows}, api_declared.tag_of_all(rows))

    one = answers(api_models.Version, "The version.", _FOUND, etag=_TAG)

    @routes.get("/schemas/{version}", tags=["schemas"], dependencies=reads, responses=one)
    def show_schema(dataset: Name, version: Number, settings: at) -> Response:
        """Show one version whole: schema, Spark DDL, columns, findings, decision."""
        with known(settings, dataset) as found:
            if isinstance(found, Response):
                return found
            try:
                row = history.version(found, dataset, version)
            except UsageError as error:
                return problem.of(error, HTTPStatus.NOT_FOUND)
            tag = _tag(found, dataset, row["version"], row["status"])
            return _json(history.with_impact(settings, found, dataset, row), tag)


def _judgements(routes: APIRouter, given: Callable[..., Settings], reads: list[Any]) -> None:
    at = Annotated[Settings, Depends(given)]
    judged = answers(api_models.Sample, "What the guard would say.", (*_FOUND, *BODY))

    @routes.post("/schemas:check", tags=["schemas"], dependencies=reads, responses=judged)
    def check_sample(
        dataset: Name,
        settings: at,
        lines: Annotated[str, Body(media_type="application/x-ndjson", max_length=SAMPLE_LENGTH)],
    ) -> Response:
        """Judge a sample, one JSON object per line, against the ACTIVE version and the contract."""
        with known(settings, dataset) as found:
            if isinstance(found, Response):
                return found
            active = registry.active_version(found, dataset)
            declared = registry.dataset(found, dataset).dataset
            dropped = edges.declared_fields(found, dataset, "dropped")
        schema = Schema.from_document(active.schema) if active else None
        base = active.version if active else None
        return _judged(declared, schema, base, lines, dropped)

    page = answers(api_models.Batches, "A page of batches.", _FOUND)

    @routes.get("/batches", tags=["batches"], dependencies=reads, responses=page)
    def list_batches(
        dataset: Name,
        settings: at,
        limit: Annotated[int, Query(ge=1, le=PAGE_MOST, description="Rows of one page.")] = PAGE,
        before: Annotated[
            int, Query(ge=1, le=BIGINT, description="`next_before` of the page before.")
        ] = history.NEWEST,
    ) -> Response:
        """List batches with verdict and findings, newest first."""
        with known(settings, dataset) as found:
            if isinstance(found, Response):
                return found
            rows = history.batches(found, dataset, before=before, page=limit)
        last = rows[-1]["batch_id"] if len(rows) == limit else None
        return _json({"batches": rows, "next_before": last})


def _judged(
    declared: Dataset, active: Schema | None, base: int | None, lines: str, dropped: frozenset[str]
) -> Response:
    try:
        found = sample.judge(declared, active, base, lines.split("\n"), dropped=dropped)
        return _json(found.to_json())
    except UsageError as error:
        # The sample may be fine: it is the dataset's contract that cannot be read.
        return problem.of(error, HTTPStatus.CONFLICT)


def _decisions(routes: APIRouter, given: Callable[..., Settings], approves: Callable[..., Caller]) -> None:
    at = Annotated[Settings, Depends(given)]
    by = Annotated[Caller, Depends(approves)]
    decided = answers(api_models.Decision, "What was decided.", _DECIDED)
    rolled = answers(api_models.Rollback, "What holds for later batches.", _DECIDED)

    @routes.post("/schemas/{version}:approve", tags=["schemas"], responses=decided)
    def approve(  # noqa: PLR0917 - one per parameter of the request
        dataset: Name,
        version: Number,
        reason: Reason,
        settings: at,
        caller: by,
        if_match: IfMatch = "",
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        """Make a BLOCKED version ACTIVE and admit its batch whole."""
        del idempotency_key  # the application sees to it (tidegate/idempotency.py)

        def act() -> Decision:
            return decide.approve(settings, dataset, version, caller.actor, reason.why)

        return _decided(settings, dataset, version, if_match, act)

    @routes.post("/schemas/{version}:reject", tags=["schemas"], responses=decided)
    def reject(  # noqa: PLR0917
        dataset: Name,
        version: Number,
        reason: Reason,
        settings: at,
        caller: by,
        if_match: IfMatch = "",
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        """Refuse a BLOCKED version: misfits become rejected records, the rest is admitted."""
        del idempotency_key

        def act() -> Decision:
            return decide.reject(settings, dataset, version, caller.actor, reason.why)

        return _decided(settings, dataset, version, if_match, act)

    @routes.post("/schemas/{version}:rollback", tags=["schemas"], responses=rolled)
    def rollback(  # noqa: PLR0917
        dataset: Name,
        version: Number,
        reason: Reason,
        settings: at,
        caller: by,
        if_match: IfMatch = "",
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        """Make a SUPERSEDED version ACTIVE for the batches to come; what was admitted stays."""
        del idempotency_key

        def act() -> Rollback:
            seen = None if if_match.strip() == "*" else _active_in(if_match)
            return back.rollback(settings, dataset, version, caller.actor, reason.why, seen_active=seen)

        return _decided(settings, dataset, version, if_match, act)


def _decided(
    settings: Settings,
    dataset: str,
    version: int,
    if_match: str,
    act: Callable[[], Decision | Rollback],
) -> Response:
    with known(settings, dataset) as found:
        if isinstance(found, Response):
            return found
        try:
            row = history.version(found, dataset, version)
        except UsageError as error:
            return problem.of(error, HTTPStatus.NOT_FOUND)
        tag = _tag(found, dataset, row["version"], row["status"])
    read = f"GET /datasets/{dataset}/schemas/{version}"
    if refused := preconditions.refusal(if_match, tag, f"{dataset}: version {version}", read):
        return refused
    try:
        return _json(act().to_json())
    except UsageError as error:
        # The words are well formed; what they ask for is not what waits.
        return problem.of(error, HTTPStatus.CONFLICT)
    except TidegateError as error:
        return problem.of(error)


def _tag(conn: history.Connection, dataset: str, version: int, status: str) -> str:
    """Return the ETag of a version: another one when it, or which version is ACTIVE, has changed."""
    active = edges.active_version(conn, dataset)
    return f'"{version}.{status}.{active.number if active else 0}"'


def _active_in(tag: str) -> int | None:
    """Return the ACTIVE version that an ETag of `_tag` speaks of."""
    last = tag.strip().strip('"').rpartition(".")[2]
    return int(last) if last.isdecimal() else None


@contextmanager
def known(settings: Settings, dataset: str) -> Iterator[history.Connection | Response]:
    """Give a connection, or the answer that there is no such dataset."""
    with registry.connect(settings) as conn:
        try:
            registry.dataset(conn, dataset)
        except UsageError as error:
            yield problem.of(error, HTTPStatus.NOT_FOUND)
            return
        yield conn


def _json(body: Any, tag: str = "") -> JSONResponse:
    return JSONResponse(jsonable_encoder(body), headers={"ETag": tag} if tag else None)
