"""Which mart areas read which slices, and in which order they are built."""

from __future__ import annotations

from collections.abc import Iterable
from graphlib import TopologicalSorter

from lakehouse import manifest_slice
from lakehouse.manifest_slice import Slice, asset_uri
from lakehouse.receipt_queries import QUERIES
from metastore_sync import registry
from metastore_sync.settings import Settings


def heads(settings: Settings) -> list[Slice]:
    """
    Return the slices of every mart area, sorted by name.

    Raises:
        BrokenError: One of them cannot be read.
    """
    return [manifest_slice.read(settings, name) for name in manifest_slice.marts(settings)]


def missing(settings: Settings, area: Slice, areas: Iterable[Slice]) -> list[str]:
    """
    Return the datasets an area reads, directly or through other areas, of which nothing is proven yet.

    Before that their tables do not exist, and a build of the area could only fail.
    """
    by_uri = {asset_uri(other.name): other for other in areas}
    read, seen = [*area.inputs], set()
    while read:
        uri = read.pop()
        if uri not in seen:
            seen.add(uri)
            read += by_uri[uri].inputs if uri in by_uri else ()
    with registry.connect(settings) as conn:
        proven = {asset_uri(row["dataset"]) for row in QUERIES.proven_datasets(conn)}
    return sorted(seen - set(by_uri) - proven)


def readers(areas: Iterable[Slice], fresh: set[str]) -> list[str]:
    """
    Return the areas that read a fresh slice, directly or through other areas, inputs first.

    Args:
        areas: Every mart area.
        fresh: Names of datasets that are new.
    """
    by_uri = {asset_uri(area.name): area for area in areas}
    graph = {uri: [i for i in area.inputs if i in by_uri] for uri, area in by_uri.items()}
    told = {asset_uri(name) for name in fresh}
    order = []
    for uri in TopologicalSorter(graph).static_order():
        if told & set(by_uri[uri].inputs):
            told.add(uri)
            order.append(by_uri[uri].name)
    return order
