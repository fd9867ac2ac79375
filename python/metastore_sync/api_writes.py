"""What the API writes: datasets registered and changed, each applied before the answer."""

from __future__ import annotations

import json
from http import HTTPStatus

import structlog
from fastapi.responses import JSONResponse, Response

from metastore_sync import apply, connectors, lifecycle, preconditions, problem, registry
from metastore_sync.api_entry import entry, tag, tagged
from metastore_sync.connectors import ConnectorRow
from metastore_sync.dataset_files import check_document, normal
from metastore_sync.errors import TidegateError, UsageError
from metastore_sync.model import Dataset, DatasetState, Source, from_document, to_document
from metastore_sync.registry import DatasetRow
from metastore_sync.settings import Settings
from metastore_sync.spelling import api_field, from_api

_log = structlog.get_logger(__name__)


def create(settings: Settings, body: object) -> Response:
    """Register a dataset and make it run; the same document again changes nothing."""
    try:
        dataset = _declared(body)
        if isinstance(dataset, JSONResponse):
            return dataset
        with registry.connect(settings) as conn:
            row = _registered(registry.datasets(conn), dataset)
            owner = registry.topic_owner(conn, dataset)
        if row and row.dataset == dataset and row.state is DatasetState.RETIRED:
            lifecycle.resume(settings, dataset.name, "POST /datasets", "registered again")
            with registry.connect(settings) as conn:
                row = registry.dataset(conn, dataset.name)
        if row and row.dataset == dataset:
            return tagged(entry(row), row)
        if row or owner:
            return problem.of(_taken(dataset, owner), HTTPStatus.CONFLICT)
        apply.apply(settings, [dataset], _log.info, source=Source.API, actor="POST /datasets")
        with registry.connect(settings) as conn:
            row, held = registry.dataset(conn, dataset.name), connectors.read(conn).get(dataset.name)
    except TidegateError as error:
        return problem.of(error)
    created = tagged(entry(row, held), row, HTTPStatus.CREATED)
    created.headers["Location"] = f"/datasets/{dataset.name}"
    return created


def changed_fields(
    settings: Settings, name: str, fields: dict[str, object], if_match: str
) -> Dataset | JSONResponse:
    """Return a dataset with some fields changed, in the API's spelling, or why that may not be."""
    try:
        row, _ = _look(settings, name)
        return _no_change(row, if_match) or _merged(row, fields)
    except _UnknownError as error:
        return problem.of(error, HTTPStatus.NOT_FOUND)


def change(settings: Settings, name: str, body: object, if_match: str) -> Response:
    """Apply some fields of a registered dataset anew, and answer as `GET` does."""
    try:
        row, held = _look(settings, name)
        if refusal := _no_change(row, if_match):
            return refusal
        dataset = _merged(row, body)
        if isinstance(dataset, JSONResponse):
            return dataset
        actor = f"PATCH /datasets/{name}"
        apply.apply(settings, [dataset], _log.info, source=Source.API, actor=actor)
        row, held = _look(settings, name)
    except _UnknownError as error:
        return problem.of(error, HTTPStatus.NOT_FOUND)
    except TidegateError as error:
        return problem.of(error)
    return tagged(entry(row, held), row)


class _UnknownError(UsageError):
    """No dataset has the name in the path."""


def _look(settings: Settings, name: str) -> tuple[DatasetRow, ConnectorRow | None]:
    with registry.connect(settings) as conn:
        try:
            return registry.dataset(conn, name), connectors.read(conn).get(name)
        except UsageError as error:
            raise _UnknownError(error.fact, where=error.where, next_command=error.next_command) from error


def _merged(row: DatasetRow, body: object) -> Dataset | JSONResponse:
    """Return a dataset with some of its fields changed; null takes one back to its default."""
    if not isinstance(body, dict):
        return _checked(body)
    fields = {**to_document(row.dataset), **from_api(body)}
    dataset = _checked({field: value for field, value in fields.items() if value is not None})
    if isinstance(dataset, Dataset) and dataset.name != row.dataset.name:
        fact = f"name: {row.dataset.name} → {dataset.name}: a dataset keeps its name"
        return problem.response(HTTPStatus.UNPROCESSABLE_ENTITY, fact, errors=[fact])
    return dataset


def _no_change(row: DatasetRow, if_match: str) -> JSONResponse | None:
    """Return why a dataset may not be changed this way; none when it may."""
    name = row.dataset.name
    if row.source is not Source.API:
        ways = {
            Source.FILE: f"edit connect/datasets/{name}.yml, then: tidegate apply {name}",
            Source.CONNECT: "change its connector through Connect REST",
        }
        fact = f"{name}: its declaration is not the API's ({row.source.value})"
        return problem.response(HTTPStatus.CONFLICT, fact, next_command=ways[row.source])
    return preconditions.refusal(if_match, tag(row), name, f"GET /datasets/{name}")


def _declared(body: object) -> Dataset | JSONResponse:
    """Return the dataset of a request's body, or the answer that lists its mistakes."""
    return _checked(from_api(body) if isinstance(body, dict) else body)


def _checked(document: object) -> Dataset | JSONResponse:
    if not _is_storable(document):
        fact = "the body holds a character that cannot be stored: NUL, or half of a surrogate pair"
        return problem.response(HTTPStatus.UNPROCESSABLE_ENTITY, fact, errors=[fact])
    wrong = check_document(document, api_field)
    if wrong or not isinstance(document, dict):
        count = f"{len(wrong)} mistake{'s' if len(wrong) > 1 else ''} in the dataset"
        return problem.response(HTTPStatus.UNPROCESSABLE_ENTITY, count, errors=wrong)
    return from_document(normal(document))


def _is_storable(document: object) -> bool:
    """Return whether PostgreSQL can hold every text of a document."""
    try:
        return b"\\u0000" not in json.dumps(document, ensure_ascii=True).encode() and bool(
            json.dumps(document, ensure_ascii=False).encode("utf-8")
        )
    except UnicodeEncodeError:
        return False


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
