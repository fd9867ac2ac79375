"""Pause, resume and retire over HTTP."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from metastore_sync import lifecycle, problem, registry
from metastore_sync.errors import TidegateError, UsageError
from metastore_sync.lifecycle import Transition
from metastore_sync.settings import Settings

#: `require("read")` gives a dependency that lets a request through or ends it.
Require = Callable[[str], Callable[..., Any]]
Act = Callable[[Settings, str, str, str], Transition]


class Caller(Protocol):
    """What a change needs to know of the one who sent it."""

    @property
    def actor(self) -> str:
        """The name that is kept with the change."""


class Reason(BaseModel):
    """The body of a change of state."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(min_length=1, max_length=2000, description="Kept with the change.")


def router(settings_dependency: Callable[..., Settings], require: Require) -> APIRouter:
    """
    Return the routes that change a dataset's state.

    Args:
        settings_dependency: Gives the settings in force.
        require: Makes the dependency of a role: write pauses and resumes, approve retires.
    """
    routes = APIRouter(tags=["datasets"])
    # Routes take it as a type: annotations of this module are values, not texts.
    at = Annotated[Settings, Depends(settings_dependency)]
    writes = Annotated[Caller, Depends(require("write"))]
    approves = Annotated[Caller, Depends(require("approve"))]

    @routes.post("/datasets/{dataset}:pause")
    def pause(dataset: str, reason: Reason, settings: at, caller: writes) -> Response:
        """Stop landing and judging; answers when the connector stands still."""
        return _changed(lifecycle.pause, settings, dataset, caller, reason)

    @routes.post("/datasets/{dataset}:resume")
    def resume(dataset: str, reason: Reason, settings: at, caller: writes) -> Response:
        """Land and judge again, after a pause or after retirement."""
        return _changed(lifecycle.resume, settings, dataset, caller, reason)

    @routes.post("/datasets/{dataset}:retire")
    def retire(dataset: str, reason: Reason, settings: at, caller: approves) -> Response:
        """End a dataset; what landed and what was built stays."""
        return _changed(lifecycle.retire, settings, dataset, caller, reason)

    return routes


def _changed(act: Act, settings: Settings, name: str, caller: Caller, reason: Reason) -> Response:
    try:
        with registry.connect(settings) as conn:
            registry.dataset(conn, name)
    except UsageError as error:
        return problem.of(error, HTTPStatus.NOT_FOUND)
    try:
        return JSONResponse(act(settings, name, caller.actor, reason.why).to_json())
    except UsageError as error:
        # The words are well formed; the dataset is not in a state that allows it.
        return problem.of(error, HTTPStatus.CONFLICT)
    except TidegateError as error:
        return problem.of(error)
