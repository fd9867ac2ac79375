"""The walk along the ACTIVE types and the observed tree that collects their differences."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from schema_guard.core.datatype import (
    NUMERIC,
    Array,
    Conflict,
    Double,
    Field,
    String,
    Struct,
    Type,
    Unknown,
)
from schema_guard.core.evidence import absence, evidence, keys_seen
from schema_guard.core.finding import Code, Evidence
from schema_guard.core.kinds import Kind, child, elements
from schema_guard.core.node import Node, together
from schema_guard.core.observed import TYPED_DEPTH, format_seen, observed_type
from schema_guard.core.tally import Tally
from schema_guard.core.widen import misfit_kinds


@dataclass(frozen=True, slots=True)
class Difference:
    """
    One difference, not judged yet.

    Attributes:
        old: Type under the ACTIVE version; None when it has no such path.
        new: Type that the batch asks for; None when the path is missing.
        was: Pointer of the field that this one may be under another name.
    """

    code: Code
    pointer: str
    old: Type | None
    new: Type | None
    evidence: Evidence
    was: str | None = None


@dataclass(slots=True)
class Comparison:
    """
    The differences found so far.

    Attributes:
        records: Records of the batch, at least 1: what shares are shares of.
    """

    records: int
    found: list[Difference] = field(default_factory=list)

    def struct(
        self, pointer: str, old: Struct, new: Struct, node: Node, *, keys: frozenset[str], depth: int = 0
    ) -> None:
        """
        Compare the fields of a struct; absence and null of `keys` are counted elsewhere.

        `new` is what `widened_struct` makes of it: the fields of `old` first, unchanged ones as they were.
        """
        for known, becomes in zip(old.fields, new.fields, strict=False):
            below = node.children.get(known.name)
            if becomes is known and below is not None and not isinstance(known.type, Struct | Array):
                continue
            at = child(pointer, known.name)
            if known.name not in keys:
                self._presence(at, known, becomes, node, below)
            if below is not None:
                self._compare(at, known.type, becomes.type, below, depth + 1)
        added = new.fields[len(old.fields) :]
        if not added:
            return
        taken = {known.name.lower(): known.type for known in old.fields}
        for new_one in added:
            name, given = new_one.name, new_one.type
            namesake = taken.get(name.lower())
            self._added(child(pointer, name), given, node.children[name], namesake, depth + 1)
            taken.setdefault(name.lower(), given)

    def new_struct(self, pointer: str, node: Node, depth: int = 0) -> None:
        """Note what is wrong in itself below a path that the ACTIVE version does not have."""
        taken: dict[str, Type] = {}
        for name, below in sorted(node.children.items()):
            at = child(pointer, name)
            given = observed_type(below, depth + 1)
            if name.lower() in taken:
                self._add(Code.CASE_COLLISION, at, taken[name.lower()], given, _all(below))
            taken.setdefault(name.lower(), given)
            self._new(at, below, depth + 1)

    def _presence(
        self, pointer: str, known: Field, becomes: Field, parent: Node, below: Node | None
    ) -> None:
        if below is None:
            self._add(Code.FIELD_ABSENT, pointer, known.type, None, _lacking(parent))
        if known.nullable == becomes.nullable:
            return
        missing = absence(self.records, parent, below)
        self.found.append(Difference(Code.NULLABLE, pointer, known.type, known.type, missing))

    def _added(self, pointer: str, new: Type, node: Node, namesake: Type | None, depth: int) -> None:
        if namesake is None:
            self._add(Code.FIELD_ADDED, pointer, None, new, _all(node))
        else:
            self._add(Code.CASE_COLLISION, pointer, namesake, new, _all(node))
        if not isinstance(new, Conflict):
            self._inside(pointer, new, node, depth)
        else:
            self._folded(pointer, None, node, depth)

    def _new(self, pointer: str, node: Node, depth: int) -> None:
        new = observed_type(node, depth)
        if isinstance(new, Conflict) and len(new.kinds) > 1:
            self._add(Code.TYPE_CHANGED, pointer, None, new, _all(node))
        elif isinstance(new, Conflict):
            self._folded(pointer, None, node, depth)
        else:
            self._inside(pointer, new, node, depth)

    def _inside(self, pointer: str, new: Type, node: Node, depth: int) -> None:
        if new == Double(exact=False):
            self._add(Code.PRECISION_LOSS, pointer, None, new, _inexact(node))
        elif isinstance(new, Array) and node.element:
            self._new(elements(pointer), node.element, depth + 1)
        elif isinstance(new, Struct):
            self.new_struct(pointer, node, depth)

    def _folded(self, pointer: str, old: Type | None, node: Node, depth: int) -> None:
        """Name the limit for which objects or arrays of one kind became JSON text."""
        new = Conflict(node.kinds())
        if len(new.kinds) > 1:
            return
        shown = evidence(self.records, _all(node))
        if depth >= TYPED_DEPTH:
            self.found.append(Difference(Code.DEPTH_LIMIT, pointer, old, new, shown))
        else:
            told = replace(shown, basis=keys_seen(node, old))
            self.found.append(Difference(Code.MAP_FOLDED, pointer, old, new, told))

    def _compare(self, pointer: str, old: Type, new: Type, node: Node, depth: int) -> None:
        if strange := misfit_kinds(old, node):
            shown = observed_type(_only(node, strange), depth)
            self._add(Code.TYPE_CHANGED, pointer, old, shown, node.values(strange))
        elif isinstance(old, Unknown) and new != old:
            self._add(Code.TYPE_WIDENED, pointer, old, new, _all(node))
            self._new(pointer, node, depth)
        elif isinstance(old, Struct) and node.objects:
            if isinstance(new, Struct):
                self.struct(pointer, old, new, node, keys=frozenset(), depth=depth)
            else:
                self._folded(pointer, old, node, depth)
        elif isinstance(old, Array) and isinstance(new, Array) and node.element:
            self._compare(elements(pointer), old.element, new.element, node.element, depth + 1)
        elif isinstance(old, String) and new != old:
            others = (tally for written, tally in node.strings.items() if written != old.format)
            self._add(
                Code.FORMAT_CHANGED, pointer, old, String(format_seen(node)), together(others)
            )
        elif isinstance(old, NUMERIC) and new != old:
            self._number(pointer, old, new, node)

    def _number(self, pointer: str, old: Type, new: Type, node: Node) -> None:
        if isinstance(old, Double):
            self._add(Code.PRECISION_LOSS, pointer, old, new, _inexact(node))
            return
        wide = node.integers.wide if node.integers else None
        beyond = together([node.decimals, wide])
        self._add(Code.TYPE_WIDENED, pointer, old, new, beyond or _all(node))

    def _add(
        self, code: Code, pointer: str, old: Type | None, new: Type | None, shown: Tally | None
    ) -> None:
        self.found.append(Difference(code, pointer, old, new, evidence(self.records, shown)))


def _all(node: Node) -> Tally | None:
    """Return everything seen at a path but null, or the nulls where there is nothing else."""
    return node.values(node.kinds()) or node.nulls


def _inexact(node: Node) -> Tally | None:
    integers = node.integers.inexact if node.integers else None
    return together([integers, node.decimals.lossy if node.decimals else None])


def _lacking(parent: Node) -> Tally | None:
    """Return the objects of a parent that all lack a field, without their own shape."""
    objects = parent.objects
    return objects and Tally(objects.first, objects.last, "", objects.count)


def _only(node: Node, kinds: frozenset[Kind]) -> Node:
    """Return a view of a path as if only some kinds had been seen there."""
    if kinds == node.kinds():
        return node
    numbers = Kind.DECIMAL in kinds
    return Node(
        booleans=node.booleans if Kind.BOOLEAN in kinds else None,
        integers=node.integers if numbers else None,
        decimals=node.decimals if numbers else None,
        strings=node.strings if Kind.STRING in kinds else {},
        arrays=node.arrays if Kind.ARRAY in kinds else None,
        objects=node.objects if Kind.OBJECT in kinds else None,
        element=node.element,
        children=node.children,
        keys_are_data=node.keys_are_data,
    )
