"""Model files for a registered dataset, written once; from then on they are the analyst's."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import assert_never

import jinja2

from metastore_sync import registry
from metastore_sync.errors import UsageError
from metastore_sync.model import Dataset, Mode
from metastore_sync.settings import Settings
from schema_guard import silver_names

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # noqa: S701 - the output is SQL and YAML
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def has_models(settings: Settings, name: str) -> bool:
    """Return whether the dataset has a folder of models in the repository or among the scaffolded."""
    folders = (settings.dbt_project / "models" / name, settings.scaffold_folder / name)
    return any(any(folder.glob("**/*.sql")) for folder in folders)


def files(dataset: Dataset) -> dict[str, str]:
    """Return file name → text of the dataset's bronze and silver models and their properties."""
    words = {
        "name": dataset.name,
        "topic": dataset.kafka_topic,
        "owner": dataset.owner,
        "table": dataset.cdc.table if dataset.cdc else "",
        "key": [silver_names.column(field) for field in dataset.pk_fields],
        "event_id": [silver_names.column(field) for field in dataset.event_id],
    }
    return {
        f"{model}.{kind}": _TEMPLATES.get_template(f"{template}.{kind}.j2").render(words)
        for model, template in _models(dataset).items()
        for kind in ("sql", "yml")
    }


def scaffold(settings: Settings, name: str, folder: Path) -> list[Path]:
    """
    Write the model files of a registered dataset into a folder and return them, sorted.

    Raises:
        UsageError: The dataset is unknown, or one of the files exists; none was written.
        BrokenError: The registry is away.
    """
    with registry.connect(settings) as conn:
        dataset = registry.dataset(conn, name).dataset
    written = write(dataset, folder)
    if folder.is_relative_to(settings.dbt_project):
        # Models by one name may lie in one place only; from now on that is the repository.
        shutil.rmtree(settings.scaffold_folder / name, ignore_errors=True)
    return written


def write(dataset: Dataset, folder: Path) -> list[Path]:
    """
    Write the dataset's model files into a folder and return them, sorted.

    Raises:
        UsageError: One of the files exists; none was written.
    """
    wanted = {folder / name: text for name, text in files(dataset).items()}
    held = sorted(path for path in wanted if path.exists())
    if held:
        raise UsageError(
            f"{dataset.name}: {len(held)} model file(s) exist already",
            where="\n".join(str(path) for path in held),
            not_done="No file was written or changed.",
            next_command=f"tidegate run {dataset.name}",
        )
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
    return sorted(wanted)


def _models(dataset: Dataset) -> dict[str, str]:
    """Return model name → template."""
    bronze, silver = f"brz_{dataset.name}", f"slv_{dataset.name}"
    match dataset.mode:
        case Mode.UPSERT:
            applied = "slv_changes" if dataset.cdc else "slv_upsert"
            return {bronze: "brz", silver: applied, f"{silver}_current": "slv_current"}
        case Mode.APPEND:
            distinct = {f"{silver}_distinct": "slv_distinct"} if dataset.event_id else {}
            return {bronze: "brz", silver: "slv_append", **distinct}
        case Mode.HISTORY:
            views = {f"{silver}_h": "slv_states", f"{silver}_current": "slv_newest"}
            return {bronze: "brz", silver: "slv_history", **views}
        case _:
            assert_never(dataset.mode)
