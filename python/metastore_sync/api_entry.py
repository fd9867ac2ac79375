"""A dataset as the API shows it."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse

from metastore_sync.connectors import ConnectorRow
from metastore_sync.model import to_document
from metastore_sync.registry import DatasetRow
from metastore_sync.spelling import to_api


def entry(row: DatasetRow, held: ConnectorRow | None = None) -> dict[str, Any]:
    """Return the dataset's fields, its state, and what its connector was last seen to do."""
    fields = to_api(to_document(row.dataset))
    state = {"state": row.state.value, "revision": row.revision, "source": row.source.value}
    return {**fields, **state, "observed": _observed(held) if held else None}


def _observed(held: ConnectorRow) -> dict[str, Any]:
    """Return what the dataset's connector was last seen to do; `drift` is what was changed by hand."""
    return {
        "connector": held.name,
        "state": held.observed,
        "since": held.observed_at.isoformat(),
        "drift": [asdict(change) for change in held.drift],
    }


def tag(row: DatasetRow) -> str:
    """Return the ETag of a dataset: another one when its declaration or its state has changed."""
    return f'"{row.revision}.{row.state.value}"'


def tagged(body: dict[str, Any], row: DatasetRow, status: HTTPStatus = HTTPStatus.OK) -> JSONResponse:
    """Return a body with the dataset's ETag."""
    return JSONResponse(body, status_code=status, headers={"ETag": tag(row)})
