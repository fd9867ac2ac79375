"""Documents against the frozen JSON Schemas in `connect/` and `docs/contracts/`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from metastore_sync.settings import PROJECT

#: Where each contract lives, relative to the repository.
FILES = {
    "dataset": "connect/dataset.schema.json",
    "snapshot": "docs/contracts/snapshot.schema.json",
}


def schema(name: str) -> dict[str, Any]:
    """Return one contract as plain JSON."""
    path: Path = PROJECT / FILES[name]
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


@cache
def validator(name: str) -> Draft202012Validator:
    """Return a validator of one contract that resolves references between contracts."""
    contents = [schema(known) for known in FILES]
    resources = [(content["$id"], Resource.from_contents(content)) for content in contents]
    return Draft202012Validator(schema(name), registry=Registry[Any]().with_resources(resources))


def errors(name: str, document: object) -> Iterator[ValidationError]:
    """Yield every way in which a document breaks a contract."""
    yield from validator(name).iter_errors(document)
