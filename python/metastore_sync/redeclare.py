"""Datasets that can be declared again when the registry is gone: from files and from Connect's connectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from metastore_sync import dataset_files, render
from metastore_sync.adopt import document_of
from metastore_sync.connect_api import ConnectApi
from metastore_sync.dataset_files import check_document
from metastore_sync.declared import Declared
from metastore_sync.errors import UsageError
from metastore_sync.model import Dataset, Source, from_document
from metastore_sync.settings import Settings
from metastore_sync.spelling import connector_field


def declared(settings: Settings) -> list[Declared]:
    """
    Return every dataset that a file or a connector declares, by name; a file wins over its connector.

    Raises:
        UsageError: A dataset file or a connector's `dataset.*` keys have mistakes.
        BrokenError: Connect is away: datasets of the API are known to nobody else.
    """
    files = dataset_files.read(settings.dataset_folder)
    found = {
        dataset.name: Declared(dataset, source)
        for dataset, source in of_connectors(ConnectApi(settings).configs(), settings)
    }
    found |= {dataset.name: Declared(dataset, Source.FILE) for dataset in files}
    return [found[name] for name in sorted(found)]


def of_connectors(
    configs: Mapping[str, Mapping[str, str]], settings: Settings
) -> list[tuple[Dataset, Source]]:
    """
    Return the datasets that sink connectors declare by `dataset.*` keys, and by which way each came.

    Raises:
        UsageError: The keys of a connector declare no dataset.
    """
    found = []
    for name, config in sorted(configs.items()):
        document = document_of(config)
        if document is None:
            continue
        if mistakes := check_document(document, connector_field):
            raise UsageError(
                f"connector {name}: its dataset.* keys declare no dataset",
                where="\n".join(mistakes),
                not_done="Nothing was rebuilt.",
                next_command="correct them through Connect REST, then: tidegate registry rebuild",
            )
        dataset = from_document(document)
        if name.startswith(render.PREFIX):
            found.append((_with_overlay(dataset, config, settings), Source.API))
        else:
            found.append((dataset, Source.CONNECT))
    return found


def _with_overlay(dataset: Dataset, config: Mapping[str, str], settings: Settings) -> Dataset:
    """Return the dataset with the connector settings that were laid over the rendered config."""
    rendered = render.sink_config(dataset, settings)
    overlay = {key: value for key, value in sorted(config.items()) if rendered.get(key) != value}
    return replace(dataset, connector=MappingProxyType(overlay))
