"""Whether a declaration fits what the dataset holds already: its ACTIVE schema and its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from metastore_sync.model import Dataset

#: Fields that name payload fields, `event_time` one and the others several.
_NAMING = ("pk_fields", "order_by", "partition_keys", "event_id", "event_time")
#: Field → what silver's rows would have to be made anew for.
_DECIDES = {
    "mode": "how records become rows",
    "pk_fields": "which records are one row",
    "order_by": "which record of a key is the newest",
}


def lacking_fields(
    dataset: Dataset, active: frozenset[str] | None, spell: Callable[[str], str] = str
) -> Iterator[str]:
    """Yield a fact for each key field that the ACTIVE schema lacks; none before the first batch."""
    if active is None:
        return
    for field in _NAMING:
        for lacking in (value for value in _names(getattr(dataset, field)) if value not in active):
            has = ", ".join(sorted(active))
            yield f"{spell(field)}: the ACTIVE schema has no field {lacking}; it has {has}"


def rebuilds(old: Dataset, new: Dataset, batches: int, spell: Callable[[str], str] = str) -> Iterator[str]:
    """Yield a fact for each change that rows already loaded speak against, naming the rebuild."""
    if not batches:
        return
    for field, decides in _DECIDES.items():
        before, after = (_shown(getattr(dataset, field)) for dataset in (old, new))
        if before != after:
            yield (
                f"{spell(field)}: {before} → {after} after {batches} batch(es): it decides {decides}, "
                f"so silver.slv_{new.name} and all that reads it would have to be rebuilt from bronze"
            )


def _names(value: Any) -> tuple[str, ...]:
    """Return the payload fields that a field of the dataset names."""
    return value if isinstance(value, tuple) else tuple(filter(None, [value]))


def _shown(value: Any) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value)
