"""What in a batch shows a difference: counts become shares, tallies become evidence."""

from __future__ import annotations

from schema_guard.core.datatype import Struct, Type
from schema_guard.core.finding import Evidence
from schema_guard.core.kinds import Kind, joined
from schema_guard.core.node import MAP_KEYS, Node
from schema_guard.core.tally import Tally


def evidence(records: int, shown: Tally | None) -> Evidence:
    """Return the evidence of what was seen; elements count, but never beyond the records."""
    if shown is None:
        return Evidence(0, 0.0)
    count = min(shown.count, records)
    return Evidence(count, count / records, shown.first, shown.last, shown.sample or None)


def absence(records: int, parent: Node, below: Node | None) -> Evidence:
    """Return the evidence that a field was missing from objects of its parent, or null in them."""
    if below is None:
        return evidence(records, parent.objects and _unseen(parent.objects))
    nulls = below.count(Kind.NULL)
    missing = parent.count(Kind.OBJECT) - below.present
    first, last = joined(below.absent, below.nulls.span if below.nulls else None) or (None, None)
    count = min(missing + nulls, records)
    return Evidence(
        count=count,
        share=count / records,
        first=first,
        last=last,
        sample="null" if nulls else None,
    )


def missing(records: int, parent: Node, below: Node | None) -> Evidence:
    """Return the evidence that a field was missing from objects of its parent."""
    if below is None:
        return absence(records, parent, None)
    count = min(parent.count(Kind.OBJECT) - below.present, records)
    return Evidence(count, count / records, *(below.absent or (None, None)))


def keys_seen(node: Node, old: Type | None) -> str:
    """Return what tells that keys are data: how many there are, and how rarely each is there."""
    known = {field.name for field in old.fields} if isinstance(old, Struct) else set()
    total = len(node.children.keys() | known)
    if node.keys_are_data or total > MAP_KEYS:
        return f"more than {MAP_KEYS:,} different keys"
    present = sum(below.present for below in node.children.values())
    share = present / len(node.children) / node.count(Kind.OBJECT)
    return f"{len(node.children):,} different keys, each in {share:.1%} of the objects on average"


def _unseen(objects: Tally) -> Tally:
    """Return the tally of whole objects without their shape, which says nothing of a field."""
    return Tally(objects.first, objects.last, "", objects.count)
