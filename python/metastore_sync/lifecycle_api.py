"""Pause, resume and retire over HTTP."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from metastore_sync import lifecycle, preconditions, problem, registry
from metastore_sync.api_docs import ANY, GUARDED, ONCE, STORABLE, IdempotencyKey, Name, Strict, answers
from metastore_sync.api_entry import tag
from metastore_sync.errors import TidegateError, UsageError
from metastore_sync.lifecycle import Transition
from metastore_sync.preconditions import IfMatch
from metastore_sync.problem_types import ProblemType
from metastore_sync.settings import Settings

#: `require("read")` gives a dependency that lets a request through or ends it.
Require = Callable[[str], Callable[..., Any]]
Act = Callable[[Settings, str, str, str], Transition]


_PROBLEMS = (
    *ANY,
    *ONCE,
    *GUARDED,
    ProblemType.NOT_FOUND,
    ProblemType.CONFLICT,
    ProblemType.VERDICT,
    ProblemType.BUSY,
)


class Caller(Protocol):
    """What a change needs to know of the one who sent it."""

    @property
    def actor(self) -> str:
        """The name that is kept with the change."""


class Reason(Strict):
    """The body of a change of state."""

    why: str = Field(min_length=1, max_length=2000, pattern=STORABLE, description="Kept with the change.")


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

    changed = answers(Transition, "What became of it.", _PROBLEMS)

    @routes.post("/datasets/{dataset}:pause", responses=changed)
    def pause(  # noqa: PLR0917 - one per parameter of the request
        dataset: Name,
        reason: Reason,
        settings: at,
        caller: writes,
        if_match: IfMatch = "",
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        """Stop landing and judging; answers when the connector stands still."""
        del idempotency_key  # the application sees to it (tidegate/idempotency.py)
        return _changed(lifecycle.pause, settings, dataset, caller, reason, if_match)

    @routes.post("/datasets/{dataset}:resume", responses=changed)
    def resume(  # noqa: PLR0917 - one per parameter of the request
        dataset: Name,
        reason: Reason,
        settings: at,
        caller: writes,
        if_match: IfMatch = "",
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        """Land and judge again, after a pause or after retirement."""
        del idempotency_key  # the application sees to it (tidegate/idempotency.py)
        return _changed(lifecycle.resume, settings, dataset, caller, reason, if_match)

    @routes.post("/datasets/{dataset}:retire", responses=changed)
    def retire(  # noqa: PLR0917 - one per parameter of the request
        dataset: Name,
        reason: Reason,
        settings: at,
        caller: approves,
        if_match: IfMatch = "",
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        """End a dataset; what landed and what was built stays."""
        del idempotency_key  # the application sees to it (tidegate/idempotency.py)
        return _changed(lifecycle.retire, settings, dataset, caller, reason, if_match)

    return routes


def _changed(  # noqa: PLR0917
    act: Act, settings: Settings, name: str, caller: Caller, reason: Reason, if_match: str
) -> Response:
    try:
        with registry.connect(settings) as conn:
            row = registry.dataset(conn, name)
    except UsageError as error:
        return problem.of(error, HTTPStatus.NOT_FOUND)
    if refused := preconditions.refusal(if_match, tag(row), name, f"GET /datasets/{name}"):
        return refused
    try:
        return JSONResponse(act(settings, name, caller.actor, reason.why).to_json())
    except UsageError as error:
        # The words are well formed; the dataset is not in a state that allows it.
        return problem.of(error, HTTPStatus.CONFLICT)
    except TidegateError as error:
        return problem.of(error)
