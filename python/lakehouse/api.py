"""Receipts over HTTP."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, Response

from lakehouse import ledger
from lakehouse.api_models import Receipts
from metastore_sync import problem, registry
from metastore_sync.api_docs import ANY, BIGINT, Name, answers
from metastore_sync.errors import UsageError
from metastore_sync.problem_types import ProblemType
from metastore_sync.settings import Settings

#: `require("read")` gives a dependency that lets a request through or ends it.
Require = Callable[[str], Callable[..., Any]]
#: Most rows of one page, and how many there are when none is asked for.
PAGE_MOST, PAGE = 500, 50
Before = Annotated[int, Query(ge=1, le=BIGINT, description="`next_before` of the page before.")]
_PROBLEMS = (*ANY, ProblemType.NOT_FOUND)


def router(settings_dependency: Callable[..., Settings], require: Require) -> APIRouter:
    """
    Return the routes of receipts.

    Args:
        settings_dependency: Gives the settings in force.
        require: Makes the dependency of a role: read, write or approve.
    """
    routes = APIRouter(prefix="/datasets/{dataset}", dependencies=[Depends(require("read"))])
    # Routes take it as a type: annotations of this module are values, not texts.
    at = Annotated[Settings, Depends(settings_dependency)]

    receipts = answers(Receipts, "A page of receipts.", _PROBLEMS)

    @routes.get("/receipts", tags=["receipts"], responses=receipts)
    def list_receipts(
        dataset: Name,
        settings: at,
        limit: Annotated[int, Query(ge=1, le=PAGE_MOST, description="Batches.")] = PAGE,
        before: Before = ledger.NEWEST,
    ) -> Response:
        """List the receipt lines of batches, newest first; every term was counted on its own."""
        return _page(
            settings,
            dataset,
            lambda conn: _receipts(ledger.receipts(conn, dataset, before=before, page=limit), limit),
        )

    return routes


def _receipts(rows: list[dict[str, Any]], limit: int) -> dict[str, Any]:
    numbers = {int(row["batch_id"]) for row in rows}
    return {"receipts": rows, "next_before": min(numbers) if len(numbers) == limit else None}


def _page(settings: Settings, dataset: str, read: Callable[[ledger.Connection], dict[str, Any]]) -> Response:
    with registry.connect(settings) as conn:
        try:
            registry.dataset(conn, dataset)
        except UsageError as error:
            return problem.of(error, HTTPStatus.NOT_FOUND)
        return JSONResponse(jsonable_encoder(read(conn)))
