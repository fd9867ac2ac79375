"""Datasets and their configuration over HTTP."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header
from fastapi.responses import JSONResponse, Response

from metastore_sync import api_writes, connectors, problem, registry
from metastore_sync.api_entry import entry, tagged
from metastore_sync.contract import schema
from metastore_sync.errors import TidegateError, UsageError
from metastore_sync.settings import Settings
from metastore_sync.snapshot import ActiveVersion
from metastore_sync.spelling import api_field

#: `require("read")` gives a dependency that lets a request through or ends it.
Require = Callable[[str], Callable[..., Any]]
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

    @routes.get("/datasets", dependencies=reads)
    def list_datasets(settings: at) -> Response:
        """List every dataset with its state."""
        return _list(settings)

    @routes.get("/datasets/{name}", dependencies=reads)
    def show_dataset(name: str, settings: at) -> Response:
        """Show one dataset; its ETag is its revision."""
        return _show(settings, name)

    @routes.get("/config/{table}", dependencies=reads)
    def show_config(table: str, settings: at) -> Response:
        """Show the dataset that a table belongs to, with its ACTIVE schema version."""
        return _config(settings, table)

    @routes.post("/datasets", dependencies=writes, status_code=201, openapi_extra=_body_schema())
    def create_dataset(document: Annotated[Any, Body()], settings: at) -> Response:
        """Register a topic: registry row, connector, DAG. Answers when its connector runs."""
        return api_writes.create(settings, document)

    @routes.patch("/datasets/{name}", dependencies=writes, openapi_extra=_body_schema(partial=True))
    def change_dataset(
        name: str,
        document: Annotated[Any, Body()],
        settings: at,
        if_match: Annotated[str, Header(description="The ETag of what was read.")] = "",
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
    return tagged(entry(row, held), row.revision)


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
    return tagged({**entry(row), "activeSchema": _active(active)}, row.revision)


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
