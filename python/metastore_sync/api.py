"""Datasets and their configuration over HTTP."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Body, Depends
from fastapi.responses import JSONResponse, Response

from metastore_sync import apply, problem, registry
from metastore_sync.contract import schema
from metastore_sync.dataset_files import check_document, normal
from metastore_sync.errors import TidegateError, UsageError
from metastore_sync.model import Dataset, Source, from_document, to_document
from metastore_sync.registry import DatasetRow
from metastore_sync.settings import Settings
from metastore_sync.snapshot import ActiveVersion
from metastore_sync.spelling import api_field, from_api, to_api

#: `require("read")` gives a dependency that lets a request through or ends it.
Require = Callable[[str], Callable[..., Any]]
_LAYER = re.compile(r"(brz|slv)_(?P<dataset>.+)")
_log = structlog.get_logger(__name__)


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
        return _create(settings, document)

    return routes


def _list(settings: Settings) -> Response:
    try:
        with registry.connect(settings) as conn:
            rows = registry.datasets(conn)
    except TidegateError as error:
        return problem.of(error)
    return JSONResponse({"datasets": [_entry(row) for row in rows]})


def _show(settings: Settings, name: str) -> Response:
    try:
        with registry.connect(settings) as conn:
            row = registry.dataset(conn, name)
    except UsageError as error:
        return problem.of(error, HTTPStatus.NOT_FOUND)
    except TidegateError as error:
        return problem.of(error)
    return _tagged(_entry(row), row.revision)


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
    return _tagged({**_entry(row), "activeSchema": _active(active)}, row.revision)


def _create(settings: Settings, body: object) -> Response:
    try:
        dataset = _declared(body)
        if isinstance(dataset, JSONResponse):
            return dataset
        with registry.connect(settings) as conn:
            row = _registered(registry.datasets(conn), dataset)
            owner = registry.topic_owner(conn, dataset)
        if row and row.dataset == dataset:
            return _tagged(_entry(row), row.revision)
        if row or owner:
            return problem.of(_taken(dataset, owner), HTTPStatus.CONFLICT)
        apply.apply(settings, [dataset], _log.info, source=Source.API, actor="POST /datasets")
        with registry.connect(settings) as conn:
            row = registry.dataset(conn, dataset.name)
    except TidegateError as error:
        return problem.of(error)
    created = _tagged(_entry(row), row.revision, HTTPStatus.CREATED)
    created.headers["Location"] = f"/datasets/{dataset.name}"
    return created


def _declared(body: object) -> Dataset | JSONResponse:
    """Return the dataset of a request's body, or the answer that lists its mistakes."""
    document = from_api(body) if isinstance(body, dict) else body
    wrong = check_document(document, api_field)
    if wrong or not isinstance(document, dict):
        count = f"{len(wrong)} mistake{'s' if len(wrong) > 1 else ''} in the dataset"
        return problem.response(HTTPStatus.UNPROCESSABLE_ENTITY, count, errors=wrong)
    return from_document(normal(document))


def _registered(rows: list[DatasetRow], dataset: Dataset) -> DatasetRow | None:
    return next((row for row in rows if row.dataset.name == dataset.name), None)


def _taken(dataset: Dataset, owner: str | None) -> UsageError:
    if owner:
        return registry.topic_taken(dataset, owner)
    return UsageError(
        f"{dataset.name}: a dataset of this name is registered with other fields",
        not_done="It was not changed.",
        next_command=f"GET /datasets/{dataset.name}",
    )


def _entry(row: DatasetRow) -> dict[str, Any]:
    fields = to_api(to_document(row.dataset))
    state = {"state": row.state.value, "revision": row.revision, "source": row.source.value}
    return {**fields, **state}


def _active(active: ActiveVersion | None) -> dict[str, Any] | None:
    if active is None:
        return None
    return {
        "version": active.version,
        "fingerprint": active.fingerprint,
        "ddl": active.ddl,
        "schema": active.schema,
    }


def _tagged(body: dict[str, Any], revision: int, status: HTTPStatus = HTTPStatus.OK) -> JSONResponse:
    return JSONResponse(body, status_code=status, headers={"ETag": f'"{revision}"'})


def _dataset_of(table: str) -> str:
    found = _LAYER.fullmatch(table)
    return found["dataset"] if found else table


def _body_schema() -> dict[str, Any]:
    """Return the dataset's schema in the API's spelling, for OpenAPI."""
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
        "required": known["required"],
        "properties": properties,
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}}
