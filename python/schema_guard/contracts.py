"""The contract that a dataset carries, as the guard reads it."""

from __future__ import annotations

import json

from metastore_sync.model import Dataset
from schema_guard import errors
from schema_guard.core.json_schema import DeclarationError, Declared, from_json_schema


def of(dataset: Dataset) -> Declared | None:
    """
    Return what a dataset's contract declares; None when it has none.

    Raises:
        UsageError: It is a JSON Schema from which no record's types can be read; the text names the pointer.
    """
    if not dataset.contract:
        return None
    try:
        return from_json_schema(json.loads(dataset.contract))
    except DeclarationError as error:
        raise errors.contract_unreadable(dataset.name, str(error)) from error
