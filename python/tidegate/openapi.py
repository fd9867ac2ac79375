"""The description of the API: what the routes declare, and the problems that any of them can answer with."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from metastore_sync.api_docs import Problem

_REF = "#/components/schemas/{model}"
ABOUT = (
    "Roles: a bearer token of role read, write or approve; each includes the former. "
    "Errors are problem details (RFC 9457). Conventions: docs/api.md."
)


def install(app: FastAPI) -> None:
    """Make an application describe itself with its problems."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # how FastAPI wants it done


def _describe(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=ABOUT,
        routes=app.routes,
    )
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema(ref_template=_REF)
    return made
