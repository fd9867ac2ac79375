"""Schemas as files hold them: the registry's own form, JSON Schema, or records to infer one from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from metastore_sync.errors import UsageError
from schema_guard.core.json_schema import DeclarationError, Declared, from_json_schema
from schema_guard.core.schema import Schema, finalise
from schema_guard.local_files import LocalScan, scan_files

#: A file of more bytes holds records; it is not read whole to look for a schema.
_LARGEST_SCHEMA = 16 << 20


def read_schema(
    path: str,
    on_read: Callable[[int], None] = lambda _: None,
    on_scanned: Callable[[LocalScan], None] = lambda _: None,
) -> Schema:
    """
    Return the schema of a file: `tidegate infer --json`, a JSON Schema, or newline-delimited JSON.

    Args:
        path: The file; `-` is standard input, which holds records.
        on_read: Told how many stored bytes were read, each time some were.
        on_scanned: Told what was found where the file holds records.

    Raises:
        UsageError: It is none of these.
    """
    document = _document(path)
    if document is None:
        found = scan_files([path], on_read)
        on_scanned(found)
        return finalise(found.inference)
    on_read(Path(path).stat().st_size)
    if document.get("type") == "struct" and "fields" in document:
        return _own(path, document)
    return declared(path, document).schema


def declared(path: str, document: dict[str, Any]) -> Declared:
    """
    Return what a JSON Schema declares.

    Raises:
        UsageError: It is no valid JSON Schema 2020-12, or declares no records.
    """
    try:
        Draft202012Validator.check_schema(document)
        return from_json_schema(document)
    except SchemaError as error:
        where = f"/{'/'.join(map(str, error.absolute_path))}: {error.message}"
        raise _unreadable(path, f"no JSON Schema (2020-12): {where}") from error
    except DeclarationError as error:
        raise _unreadable(path, str(error)) from error


def _own(path: str, document: dict[str, Any]) -> Schema:
    try:
        return Schema.from_document(document)
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(path, f"no schema that tidegate infer --json wrote: {error}") from error


def _document(path: str) -> dict[str, Any] | None:
    """Return the one JSON object that a file holds as a schema; None for anything else, such as records."""
    if path == "-" or not Path(path).exists() or Path(path).stat().st_size > _LARGEST_SCHEMA:
        return None
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError):
        return None
    marks = ("$schema", "properties", "$ref", "allOf", "anyOf", "oneOf", "$defs")
    is_schema = isinstance(found, dict) and (any(m in found for m in marks) or found.get("type") == "struct")
    return found if is_schema else None


def _unreadable(path: str, why: str) -> UsageError:
    return UsageError(
        f"{path}: {why}",
        not_done="Nothing was compared.",
        next_command="tidegate diff OLD NEW   (JSON Schema, tidegate infer --json, or NDJSON)",
    )
