"""After a change of datasets or models: scaffold what has no models, cut the manifest anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from lakehouse import manifest_slice, project_view, scaffold, slices
from metastore_sync import registry
from metastore_sync.errors import TidegateError
from metastore_sync.model import Dataset, DatasetState
from metastore_sync.settings import Settings

#: What decides how the project parses.
_SUFFIXES = frozenset({".sql", ".yml", ".yaml", ".md", ".csv"})


def deploy(settings: Settings) -> list[str]:
    """
    Give every registered dataset models and its DAG a manifest slice; return a line per change.

    Does nothing when neither models nor datasets changed since the last time.

    Raises:
        BrokenError: The registry is away, or the project does not parse; slices stay as they were.
    """
    changes = [line for dataset in _registered(settings) for line in _scaffold(settings, dataset)]
    project_view.refresh(settings)
    sources = digest(settings)
    mark = settings.manifest_folder / "fingerprint"
    if mark.exists() and mark.read_text(encoding="utf-8") == _mark(settings, sources):
        return changes
    changes += [f"manifest slice {path.stem}: written" for path in slices.write(settings)]
    mark.write_text(_mark(settings, sources), encoding="utf-8")
    return changes


def _registered(settings: Settings) -> list[Dataset]:
    with registry.connect(settings) as conn:
        rows = registry.datasets(conn)
    return [row.dataset for row in rows if row.state is not DatasetState.RETIRED]


def _scaffold(settings: Settings, dataset: Dataset) -> Iterator[str]:
    if scaffold.has_models(settings, dataset.name):
        return
    try:
        written = scaffold.write(dataset, settings.scaffold_folder / dataset.name)
    except TidegateError as error:
        # One dataset without models must not keep the others from theirs; its DAG names the lack.
        yield f"{dataset.name}: {error.fact}"
        return
    models = [path.stem for path in written if path.suffix == ".sql"]
    yield f"{dataset.name}: models {', '.join(models)} scaffolded"


def digest(settings: Settings) -> str:
    """Return the SHA-256, hex, of every file that decides how the project parses."""
    found = hashlib.sha256()
    for path in sorted(_sources((settings.dbt_project, settings.scaffold_folder))):
        found.update(f"{path}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()


def _mark(settings: Settings, sources: str) -> str:
    # A slice that somebody deleted is cut again.
    held = sorted(path.name for path in settings.manifest_folder.glob("*.json"))
    return "\n".join((f"format {manifest_slice.FORMAT}", sources, *held))


def _sources(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.suffix in _SUFFIXES and "target" not in path.parts:
                yield path
