"""The HTTP service: one application over the routers of the packages, with health, metrics and page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Query
from fastapi.responses import JSONResponse, Response

from lakehouse import api as lakehouse_api
from lakehouse import rejected_api, run_api
from metastore_sync import api as metastore_api
from metastore_sync import lifecycle_api
from metastore_sync import settings as known
from metastore_sync.api_docs import ANY, answers
from metastore_sync.settings import Settings
from schema_guard import api as guard_api
from schema_guard import landing_api
from tidegate import api_models, logs, metrics, openapi, page, problem
from tidegate.adoption import Adoption
from tidegate.auth import Doorkeeper
from tidegate.health import Physician
from tidegate.idempotency import Idempotent
from tidegate.requests import Limited, Numbered
from tidegate.watch import Watch

TITLE = "Tidegate"
SUMMARY = "Kafka topics of JSON as trustworthy lakehouse tables"


def app() -> FastAPI:
    """Return the application for this process's settings, adopting connectors as long as it lives."""
    logs.configure()
    return build(known.load())


def build(settings: Settings, *, adopts: bool = True) -> FastAPI:
    """
    Return the application for given settings.

    Args:
        settings: Where the parts are, and the tokens.
        adopts: Whether connectors made through Connect REST become datasets.
    """
    adoption = Adoption(settings)
    made = FastAPI(
        title=TITLE,
        summary=SUMMARY,
        version=version("tidegate"),
        # The interactive pages load scripts from elsewhere; /openapi.json stays.
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(adoption) if adopts else None,
    )
    problem.install(made)
    openapi.install(made)
    # The last one added is the first to see a request.
    made.add_middleware(Idempotent, settings=settings)
    made.add_middleware(Limited)
    made.add_middleware(Numbered)
    door, watch = Doorkeeper(settings), Watch(settings)
    physician = Physician(settings, {"adoption": adoption.wrong} if adopts else {})
    ours = (metastore_api, lifecycle_api, guard_api, landing_api, lakehouse_api, rejected_api, run_api)
    for api in ours:
        made.include_router(api.router(lambda: settings, door.require))
    made.include_router(page.router(settings, watch, physician, door))
    _operations(made, door, watch, physician)
    return made


def _operations(made: FastAPI, door: Doorkeeper, watch: Watch, physician: Physician) -> None:
    reads = [Depends(door.require("read"))]

    told = answers(api_models.Health, "It can do its work.", ())
    told[503] = {"model": api_models.Health, "description": "A part that it needs is away."}

    @made.get("/health", tags=["operations"], responses=told)
    def health() -> Response:
        """Say which parts answer; 503 when the service cannot do its work. Needs no token."""
        found = physician.examine()
        return JSONResponse(found.to_json(), status_code=found.http_status)

    every = answers(api_models.Status, "Every dataset.", ANY)

    @made.get("/status", tags=["operations"], dependencies=reads, responses=every)
    def status() -> Response:
        """Show every dataset's state, reason and next command."""
        return JSONResponse(watch.look().to_json())

    measured = answers(list[api_models.PhaseMetrics], "With `?format=json`, else Prometheus text.", ANY)
    measured[200]["content"] = {"text/plain": {"schema": {"type": "string"}}}

    @made.get("/metrics", tags=["operations"], dependencies=reads, responses=measured)
    def prometheus(
        format: Annotated[Literal["text", "json"], Query()] = "text",  # noqa: A002 - its public name
    ) -> Response:
        """Give metrics as Prometheus text, or with `?format=json` one object per dataset and phase."""
        found = watch.look()
        if format == "json":
            return JSONResponse(metrics.phases(found))
        return Response(metrics.text(found), media_type=metrics.MEDIA_TYPE)


def _lifespan(adoption: Adoption) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(adoption.run(), name="adoption")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return lifespan
