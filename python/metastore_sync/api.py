"""Datasets and their configuration over HTTP."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path
from fastapi.responses import JSONResponse, Response

from metastore_sync import api_writes, connectors, problem, registry
from metastore_sync.api_docs import ANY, GUARDED, ONCE, IdempotencyKey, Name, answers
from metastore_sync.api_entry import entry, tagged
from metastore_sync.api_models import Config, Datasets
from metastore_sync.api_models import Dataset as DatasetBody
from metastore_sync.contract import schema
from metastore_sync.errors import TidegateError, UsageError
from metastore_sync.preconditions import IfMatch
from metastore_sync.problem_types import ProblemType
from metastore_sync.settings import Settings
from metastore_sync.snapshot import ActiveVersion
from metastore_sync.spelling import api_field

#: A dataset, or a table of its.
Table = Annotated[str, Path(pattern="^[a-zA-Z0-9_]+$", max_length=100, description="Dataset or table.")]
#: `require("read")` gives a dependency that lets a request through or ends it.
Require = Callable[[str], Callable[..., Any]]
_REVISION = "Of declaration and state: If-Match of PATCH, dml, and of pause, resume and retire."
_TAKEN = (ProblemType.CONFLICT, ProblemType.REFUSED, ProblemType.VERDICT)
_LAYER = re.compile(r"(brz|slv)_(?P<dataset>.+)")


def router(settings_dependency: Callable[..., Settings], require: Require) -> APIRouter:
    """
    Return the routes of datasets and config.

    Args:
        settings_dependency: Gives the settings in force.
        require: Makes the dependency of a role: read, write or approve.
    """
    routes = APIRouter(tags=["datasets"])
    # Routes take it as a type: annotations of this module are values, not texts.
    at = Annotated[Settings, Depends(settings_dependency)]
    reads, writes = [Depends(require("read"))], [Depends(require("write"))]

    @routes.get("/datasets", dependencies=reads, responses=answers(Datasets, "Every dataset.", ANY))
    def list_datasets(settings: at) -> Response:
        """List every dataset with its state."""
        return _list(settings)

    known = answers(DatasetBody, "The dataset.", (*ANY, ProblemType.NOT_FOUND), etag=_REVISION)

    @routes.get("/datasets/{name}", dependencies=reads, responses=known)
    def show_dataset(name: Name, settings: at) -> Response:
        """Show one dataset; its ETag is its revision."""
        return _show(settings, name)

    config = answers(Config, "The dataset of the table.", (*ANY, ProblemType.NOT_FOUND), etag=_REVISION)

    @routes.get("/config/{table}", dependencies=reads, responses=config)
    def show_config(table: Table, settings: at) -> Response:
        """Show the dataset that a table belongs to, with its ACTIVE schema version."""
        return _config(settings, table)

    made = answers(DatasetBody, "It runs.", (*ANY, *ONCE, *_TAKEN), status=HTTPStatus.CREATED, etag=_REVISION)
    made |= answers(DatasetBody, "It was there already, with these fields.", (), etag=_REVISION)

    @routes.post(
        "/datasets", dependencies=writes, status_code=201, openapi_extra=_body_schema(), responses=made
    )
    def create_dataset(
        document: Annotated[Any, Body()], settings: at, idempotency_key: IdempotencyKey = None
    ) -> Response:
        """Register a topic: registry row, connector, DAG. Answers when its connector runs."""
        del idempotency_key  # the application sees to it (tidegate/idempotency.py)
        return api_writes.create(settings, document)

    problems = (*ANY, *ONCE[:2], *GUARDED, *_TAKEN, ProblemType.NOT_FOUND)
    changed = answers(DatasetBody, "The dataset as it is now.", problems, etag=_REVISION)

    @routes.patch(
        "/datasets/{name}",
        dependencies=writes,
        openapi_extra=_body_schema(partial=True),
        responses=changed,
    )
    def change_dataset(
        name: Name, document: Annotated[Any, Body()], settings: at, if_match: IfMatch = ""
    ) -> Response:
        """Change fields of a dataset that the API registered; null takes a field back to its default."""
        return api_writes.change(settings, name, document, if_match)

    return routes


def _list(settings: Settings) -> Response:
    try:
        with registry.connect(settings) as conn:
            rows, held = registry.datasets(conn), connectors.read(conn)
    except TidegateError as error:
        return problem.of(error)
    return JSONResponse({"datasets": [entry(row, held.get(row.dataset.name)) for row in rows]})


def _show(settings: Settings, name: str) -> Response:
    try:
        with registry.connect(settings) as conn:
            row, held = registry.dataset(conn, name), connectors.read(conn).get(name)
    except UsageError as error:
        return problem.of(error, HTTPStatus.NOT_FOUND)
    except TidegateError as error:
        return problem.of(error)
    return tagged(entry(row, held), row)


def _config(settings: Settings, table: str) -> Response:
    try:
        with registry.connect(settings) as conn:
            known = {row.dataset.name: row for row in registry.datasets(conn)}
            row = known.get(table) or known.get(_dataset_of(table))
            active = registry.active_version(conn, row.dataset.name) if row else None
    except TidegateError as error:
        return problem.of(error)
    if row is None:
        fact = f"{table}: no dataset has this table"
        names = ", ".join(f"{n}, brz_{n}, slv_{n}" for n in known)
        return problem.response(HTTPStatus.NOT_FOUND, fact, where=f"known: {names or 'none'}")
    return tagged({**entry(row), "activeSchema": _active(active)}, row)


def _active(active: ActiveVersion | None) -> dict[str, Any] | None:
    if active is None:
        return None
    return {
        "version": active.version,
        "fingerprint": active.fingerprint,
        "ddl": active.ddl,
        "schema": active.schema,
    }


def _dataset_of(table: str) -> str:
    found = _LAYER.fullmatch(table)
    return found["dataset"] if found else table


def _body_schema(*, partial: bool = False) -> dict[str, Any]:
    """Return the dataset's schema in the API's spelling, for OpenAPI; `partial` requires no field."""
    known = schema("dataset")
    fields = known["$defs"]["fields"]
    properties = {
        api_field(name): {**fields, "description": about["description"]} if "$ref" in about else about
        for name, about in known["properties"].items()
    }
    body = {
        "type": "object",
        "description": known["description"],
        "additionalProperties": False,
        "required": [] if partial else known["required"],
        "properties": properties,
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}}
