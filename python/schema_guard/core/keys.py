"""Whether every record says which row it is: absence and nulls of key fields."""

from __future__ import annotations

from collections.abc import Collection

from schema_guard.core.compare import Difference
from schema_guard.core.datatype import Type, Unknown
from schema_guard.core.evidence import evidence, missing
from schema_guard.core.finding import Code
from schema_guard.core.infer import Inference
from schema_guard.core.kinds import child
from schema_guard.core.schema import Schema


def key_differences(
    active: Schema | None, observed: Inference, pk_fields: Collection[str]
) -> list[Difference]:
    """Return KEY_MISSING and KEY_NULL of each key field, whatever the ACTIVE version allows."""
    root, found = observed.root, []
    for name in pk_fields:
        node = root.children.get(name)
        old = _type_of(active, name)
        lacking = missing(observed.records, root, node)
        if lacking.count:
            found.append(Difference(Code.KEY_MISSING, child("", name), old, None, lacking))
        if node is not None and node.nulls is not None:
            null = evidence(observed.records, node.nulls)
            found.append(Difference(Code.KEY_NULL, child("", name), old, Unknown(), null))
    return found


def _type_of(active: Schema | None, name: str) -> Type | None:
    field = active.root.field(name) if active else None
    return field.type if field else None
