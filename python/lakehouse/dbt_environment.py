"""What dbt is told from outside, by `build` and by the DAGs' tasks; this imports no dbt."""

from __future__ import annotations

from metastore_sync.settings import Settings

#: Name of the dbt project and of its profile.
PROJECT_NAME = "tidegate"

#: Second folder of models, below the project as `project_view` makes it.
SCAFFOLDED = "scaffolded"

#: Unit tests prove macros before a change is merged; a production build runs the data tests only.
PRODUCTION_FLAGS = ("--exclude-resource-type", "unit_test")


def variables(settings: Settings) -> dict[str, str]:
    """Return the environment variables that the dbt project reads; none is a secret."""
    return {
        "TIDEGATE_HOME": str(settings.home),
        "TIDEGATE_MODELS": SCAFFOLDED,
        "TIDEGATE_THRIFT": settings.thrift,
        "TIDEGATE_RAW_BUCKET": settings.raw_bucket,
    }
