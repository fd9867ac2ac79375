"""The models of a manifest slice as Airflow tasks, rendered by Cosmos."""

from __future__ import annotations

from cosmos import (
    DbtTaskGroup,
    ExecutionConfig,
    ExecutionMode,
    ProfileConfig,
    ProjectConfig,
    RenderConfig,
)
from cosmos.constants import InvocationMode, LoadMode, TestBehavior
from cosmos.dbt.graph import DbtNode

from lakehouse import dbt_environment, project_view
from lakehouse.manifest_slice import Slice
from metastore_sync.settings import Settings


def models(settings: Settings, cut: Slice) -> DbtTaskGroup:
    """Return the task group `models`: one `dbt build` per model, in the order of references."""
    return DbtTaskGroup(
        group_id="models",
        project_config=ProjectConfig(
            manifest_path=cut.path,
            project_name=dbt_environment.PROJECT_NAME,
            install_dbt_deps=False,
            env_vars=dbt_environment.variables(settings),
        ),
        profile_config=ProfileConfig(
            profile_name=dbt_environment.PROJECT_NAME,
            target_name="prod",
            profiles_yml_filepath=settings.dbt_project / "profiles.yml",
        ),
        execution_config=ExecutionConfig(
            dbt_project_path=project_view.path(settings),
            execution_mode=ExecutionMode.LOCAL,
            invocation_mode=InvocationMode.DBT_RUNNER,
        ),
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST,
            test_behavior=TestBehavior.BUILD,
            normalize_task_id=_task_id,
            emit_datasets=False,  # the receipt's own asset tells more: proven, not just built
        ),
        operator_args={
            "pool": "spark",
            "append_env": True,
            "dbt_cmd_flags": list(dbt_environment.PRODUCTION_FLAGS),
            "should_store_compiled_sql": False,
        },
    )


def _task_id(node: DbtNode) -> str:
    return str(node.name)
