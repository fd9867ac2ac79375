"""Every dataset that is declared anywhere: by files, by the API, by adopted connectors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from metastore_sync import registry
from metastore_sync.model import Dataset, DatasetState, Source
from metastore_sync.registry import DatasetRow
from metastore_sync.settings import Settings


@dataclass(frozen=True, slots=True)
class Declared:
    """A dataset and its way in; an orphan is registered by a file that is gone."""

    dataset: Dataset
    source: Source
    is_orphan: bool = False


def everything(
    settings: Settings, files: Iterable[Dataset], names: Iterable[str] = ()
) -> tuple[list[Declared], list[str]]:
    """
    Return the declared datasets, those of files first, and the names among `names` that nobody declares.

    Args:
        settings: Where the registry is.
        files: The datasets of dataset files.
        names: What the user asked for; none means all that are not retired.

    Raises:
        BrokenError: The registry is away.
    """
    with registry.connect(settings) as conn:
        rows = registry.datasets(conn)
    found = {dataset.name: Declared(dataset, Source.FILE) for dataset in files}
    for row in rows:
        if row.dataset.name not in found and (
            row.state is not DatasetState.RETIRED or row.dataset.name in names
        ):
            found[row.dataset.name] = _registered(row)
    wanted = list(names)
    chosen = [found[name] for name in wanted if name in found] if wanted else list(found.values())
    return chosen, [name for name in wanted if name not in found]


def _registered(row: DatasetRow) -> Declared:
    return Declared(row.dataset, row.source, is_orphan=row.source is Source.FILE)
