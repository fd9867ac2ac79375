"""
A run over HTTP, told line by line while it goes on.

The service keeps dbt and its parsed project loaded, so a run there begins at once.
"""

import dataclasses
import json
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from queue import SimpleQueue
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends
from fastapi.responses import Response, StreamingResponse
from pydantic import Field

from lakehouse import run
from metastore_sync import problem, registry
from metastore_sync.api_docs import ANY, BODY, Strict, refusals
from metastore_sync.errors import UsageError
from metastore_sync.problem_types import ProblemType
from metastore_sync.settings import Settings

#: One JSON object a line.
MEDIA_TYPE = "application/x-ndjson"
#: Most datasets that one request names; none of them means all that are not paused.
DATASETS_MOST = 1000
_LOG = structlog.get_logger(__name__)
#: `require("write")` gives a dependency that lets a request through or ends it.
Require = Callable[[str], Callable[..., Any]]
Told = dict[str, Any]
_Name = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$", max_length=60)]


class RunRequest(Strict):
    """Which datasets to run; none: every one that is not paused."""

    datasets: Annotated[list[_Name], Field(max_length=DATASETS_MOST, default_factory=list)]


class RunLine(Strict):
    """One line of the answer: `step` is text for people; the last line has `results` or `error` instead."""

    step: str | None = None
    results: list[Told] | None = None
    error: str | None = None


def router(settings_dependency: Callable[..., Settings], require: Require) -> APIRouter:
    """
    Return the route of runs.

    Args:
        settings_dependency: Gives the settings in force.
        require: Makes the dependency of a role: read, write or approve.
    """
    routes = APIRouter(dependencies=[Depends(require("write"))])
    # Routes take it as a type: annotations of this module are values, not texts.
    at = Annotated[Settings, Depends(settings_dependency)]
    lines = {"description": "A line per step, then the results.", "content": {MEDIA_TYPE: _schema()}}
    answers = {HTTPStatus.OK.value: lines, **refusals((*ANY, *BODY, ProblemType.NOT_FOUND))}

    @routes.post("/runs", tags=["runs"], responses=answers, response_class=StreamingResponse)
    def run_datasets(wanted: RunRequest, settings: at) -> Response:
        """
        Guard, build and prove datasets, then their marts, as `tidegate run` does.

        A run that nobody listens to any more goes on to its end. Sent again it does what is new.
        """
        try:
            _check_known(settings, wanted.datasets)
        except UsageError as error:
            return problem.of(error, HTTPStatus.NOT_FOUND)
        return StreamingResponse(_told(settings, wanted.datasets), media_type=MEDIA_TYPE)

    return routes


def _schema() -> Told:
    return {"schema": {"type": "string", "description": RunLine.__doc__}}


def _check_known(settings: Settings, names: list[str]) -> None:
    with registry.connect(settings) as conn:
        for name in names:
            registry.dataset(conn, name)


def _told(settings: Settings, names: list[str]) -> Iterator[str]:
    """Yield the run's lines; it has a thread of its own, so that it does not end with its listener."""
    lines: SimpleQueue[RunLine] = SimpleQueue()
    wanted = list(dict.fromkeys(names))

    def work() -> None:
        try:
            results = run.run(settings, wanted, lambda step: lines.put(RunLine(step=step)))
            lines.put(RunLine(results=[dataclasses.asdict(result) for result in results]))
        except Exception as error:  # noqa: BLE001 - whoever listens is told of any end
            _LOG.exception("run broke", datasets=wanted)
            lines.put(RunLine(error=str(error)))

    threading.Thread(target=work, name="run", daemon=True).start()
    while True:
        line = lines.get()
        yield json.dumps(line.model_dump(exclude_none=True)) + "\n"
        if line.step is None:
            return
