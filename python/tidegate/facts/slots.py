"""The replication slots of captured tables: what each server retains for them."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from metastore_sync import captured
from metastore_sync.errors import TidegateError
from metastore_sync.model import Dataset
from metastore_sync.render_cdc import slot_name
from metastore_sync.settings import Settings
from tidegate.facts.model import SlotFact

#: Databases asked at once.
_AT_ONCE = 4


def read(settings: Settings, datasets: Iterable[Dataset]) -> dict[str, SlotFact]:
    """Return dataset → its slot, for datasets with `cdc`. One that is away stops its own answer alone."""
    wanted = [dataset for dataset in datasets if dataset.cdc]
    if not wanted:
        return {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(lambda dataset: _fact(settings, dataset), wanted)
    return dict(zip([dataset.name for dataset in wanted], found, strict=True))


def _fact(settings: Settings, dataset: Dataset) -> SlotFact:
    if dataset.cdc is None:
        return SlotFact()
    try:
        with captured.connect(settings, dataset, dataset.cdc) as conn:
            return SlotFact(slot=captured.slot(conn, slot_name(dataset.name)))
    except TidegateError as error:
        return SlotFact(wrong=f"{error.fact}: {error.where}")
