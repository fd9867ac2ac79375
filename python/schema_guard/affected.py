"""A model that reads a field which a finding is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Affected:
    """
    One model that reads a field, directly or through other models.

    Attributes:
        model: Its name.
        file: Where it is written, below the dbt project.
        columns: Its columns that are made of the field, in its order.
        in_conditions: Whether it also filters, joins, groups or orders by it.
        unsure: Why it could not be followed; such a model counts as reading the field.
    """

    model: str
    file: str
    columns: tuple[str, ...] = ()
    in_conditions: bool = False
    unsure: str = ""

    def to_document(self) -> dict[str, Any]:
        """Return the model as plain JSON values."""
        return {**asdict(self), "columns": list(self.columns)}

    def __str__(self) -> str:
        """Return the model as a person reads it."""
        if self.unsure:
            return f"{self.model} ({self.file}): may read it: {self.unsure}"
        reads = f": {', '.join(self.columns)}" if self.columns else ""
        where = " in a filter, join or grouping" if self.in_conditions else ""
        return f"{self.model}{reads}{where} ({self.file})"


def from_document(document: Mapping[str, Any]) -> Affected:
    """Return the model of a document that `to_document` made."""
    return Affected(**{**document, "columns": tuple(document["columns"])})
