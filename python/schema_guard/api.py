"""Schemas, decisions and batches over HTTP."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Body, Depends, Path, Query
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from metastore_sync import problem, registry
from metastore_sync.errors import TidegateError, UsageError
from metastore_sync.model import Dataset
from metastore_sync.settings import Settings
from schema_guard import decide, history, sample
from schema_guard.core.schema import Schema
from schema_guard.decide import Decision

#: `require("read")` gives a dependency that lets a request through or ends it.
Require = Callable[[str], Callable[..., Any]]
Number = Annotated[int, Path(ge=1)]
Act = Callable[[Settings, str, int, str, str], Decision]

#: Most rows of one page, and how many there are when none is asked for.
PAGE_MOST, PAGE = 500, 50
#: Longest sample that is judged at once, in characters.
SAMPLE_LENGTH = 4 << 20


class Caller(Protocol):
    """What a decision needs to know of the one who sent it."""

    @property
    def actor(self) -> str:
        """The name that is kept with the decision."""


class Reason(BaseModel):
    """The body of a decision."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(min_length=1, max_length=2000, description="Kept with the decision.")


def router(settings_dependency: Callable[..., Settings], require: Require) -> APIRouter:
    """
    Return the routes of schemas and batches.

    Args:
        settings_dependency: Gives the settings in force.
        require: Makes the dependency of a role; for approve it returns the caller.
    """
    routes = APIRouter(prefix="/datasets/{dataset}")
    _reads(routes, settings_dependency, [Depends(require("read"))])
    _decisions(routes, settings_dependency, require("approve"))
    return routes


def _reads(routes: APIRouter, given: Callable[..., Settings], reads: list[Any]) -> None:
    # Routes take it as a type: annotations of this module are values, not texts.
    at = Annotated[Settings, Depends(given)]

    @routes.get("/schemas", tags=["schemas"], dependencies=reads)
    def list_schemas(dataset: str, settings: at) -> Response:
        """List every schema version, newest first."""
        with _known(settings, dataset) as found:
            if isinstance(found, Response):
                return found
            return _json({"versions": history.versions(found, dataset)})

    @routes.get("/schemas/{version}", tags=["schemas"], dependencies=reads)
    def show_schema(dataset: str, version: Number, settings: at) -> Response:
        """Show one version whole: schema, Spark DDL, columns, findings, decision."""
        with _known(settings, dataset) as found:
            if isinstance(found, Response):
                return found
            try:
                row = history.version(found, dataset, version)
                return _json(history.with_impact(settings, found, dataset, row))
            except UsageError as error:
                return problem.of(error, HTTPStatus.NOT_FOUND)

    @routes.post("/schemas:check", tags=["schemas"], dependencies=reads)
    def check_sample(
        dataset: str,
        settings: at,
        lines: Annotated[str, Body(media_type="application/x-ndjson", max_length=SAMPLE_LENGTH)],
    ) -> Response:
        """Judge a sample, one JSON object per line, against the ACTIVE version and the contract."""
        with _known(settings, dataset) as found:
            if isinstance(found, Response):
                return found
            active = registry.active_version(found, dataset)
            declared = registry.dataset(found, dataset).dataset
        schema = Schema.from_document(active.schema) if active else None
        base = active.version if active else None
        return _judged(declared, schema, base, lines)

    @routes.get("/batches", tags=["batches"], dependencies=reads)
    def list_batches(
        dataset: str,
        settings: at,
        limit: Annotated[int, Query(ge=1, le=PAGE_MOST)] = PAGE,
        before: Annotated[int, Query(ge=1, description="Only smaller numbers.")] = history.NEWEST,
    ) -> Response:
        """List batches with verdict and findings, newest first."""
        with _known(settings, dataset) as found:
            if isinstance(found, Response):
                return found
            rows = history.batches(found, dataset, before=before, page=limit)
        last = rows[-1]["batch_id"] if len(rows) == limit else None
        return _json({"batches": rows, "next_before": last})


def _judged(declared: Dataset, active: Schema | None, base: int | None, lines: str) -> Response:
    try:
        return _json(sample.judge(declared, active, base, lines.splitlines()).to_json())
    except UsageError as error:
        # The sample may be fine: it is the dataset's contract that cannot be read.
        return problem.of(error, HTTPStatus.CONFLICT)


def _decisions(routes: APIRouter, given: Callable[..., Settings], approves: Callable[..., Caller]) -> None:
    at = Annotated[Settings, Depends(given)]
    by = Annotated[Caller, Depends(approves)]

    @routes.post("/schemas/{version}:approve", tags=["schemas"])
    def approve(
        dataset: str,
        version: Number,
        reason: Reason,
        settings: at,
        caller: by,
    ) -> Response:
        """Make a BLOCKED version ACTIVE and admit its batch whole."""
        return _decided(decide.approve, settings, dataset, version, caller=caller, reason=reason)

    @routes.post("/schemas/{version}:reject", tags=["schemas"])
    def reject(
        dataset: str,
        version: Number,
        reason: Reason,
        settings: at,
        caller: by,
    ) -> Response:
        """Refuse a BLOCKED version: misfits become rejected records, the rest is admitted."""
        return _decided(decide.reject, settings, dataset, version, caller=caller, reason=reason)


def _decided(
    act: Act, settings: Settings, dataset: str, version: int, *, caller: Caller, reason: Reason
) -> Response:
    with _known(settings, dataset) as found:
        if isinstance(found, Response):
            return found
    try:
        decision = act(settings, dataset, version, caller.actor, reason.why)
    except UsageError as error:
        # The words are well formed; what they ask for is not what waits.
        return problem.of(error, HTTPStatus.CONFLICT)
    except TidegateError as error:
        return problem.of(error)
    return _json(decision.to_json())


@contextmanager
def _known(settings: Settings, dataset: str) -> Iterator[history.Connection | Response]:
    """Give a connection, or the answer that there is no such dataset."""
    with registry.connect(settings) as conn:
        try:
            registry.dataset(conn, dataset)
        except UsageError as error:
            yield problem.of(error, HTTPStatus.NOT_FOUND)
            return
        yield conn


def _json(body: Any) -> JSONResponse:
    return JSONResponse(jsonable_encoder(body))
