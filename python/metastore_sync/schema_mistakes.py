"""Breaches of `connect/dataset.schema.json` in words: what is wrong, and what is allowed."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from metastore_sync import contract

Path = tuple[str | int, ...]
Told = Iterator[tuple[Path, str]]
Spell = Callable[[str], str]

_LONGEST_VALUE_SHOWN = 60
#: JSON Schema's types as people call them.
_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "array": "a list",
    "object": "a mapping",
    "boolean": "true or false",
}


# `Any`: the library declares every attribute of an error as possibly unset.
def told(error: Any, spell: Spell) -> Told:
    """Yield the path and the words of every mistake that one error of the validator stands for."""
    if "propertyNames" in error.absolute_schema_path:
        yield from _bad_key(error)
        return
    tell = _WORDS.get(error.validator)
    yield from tell(error, spell) if tell else _disallowed(error)


def _missing(error: Any, _: Spell) -> Told:
    for name in error.validator_value:
        if name not in error.instance:
            path = (*error.absolute_path, name)
            yield path, f"is missing. {_meaning(path)}"


def _unknown(error: Any, spell: Spell) -> Told:
    above = tuple(error.absolute_path)
    spelled = str if above else spell  # fields of a field are spelled the same everywhere
    whole = ".".join(str(part) for part in above) or "a dataset"
    known = [spelled(field) for field in error.schema["properties"]]
    for name in error.instance:
        if name not in error.schema["properties"]:
            likely = _likely(spelled(name), known)
            yield (*above, name), f"is not a field of {whole}{likely}; allowed: {', '.join(known)}"


def _bad_key(error: Any) -> Told:
    path = (*error.absolute_path, error.instance)
    if error.validator == "enum":
        known = error.validator_value
        likely = _likely(error.instance, known)
        yield path, f"is not known{likely}; allowed: {', '.join(known)}"
    else:
        yield path, "has no name"


def _not_one_of(error: Any, _: Spell) -> Told:
    known = error.validator_value
    likely = _likely(str(error.instance), known)
    yield _path(error), f"is {_shown(error.instance)}{likely}; allowed: {', '.join(known)}"


def _wrong_kind(error: Any, _: Spell) -> Told:
    wanted = error.validator_value
    kinds = ", ".join(_KINDS[kind] for kind in ([wanted] if isinstance(wanted, str) else wanted))
    yield _path(error), f"is {_shown(error.instance)}; allowed: {kinds}"


def _twice(error: Any, _: Spell) -> Told:
    yield _path(error), f"names something twice: {_shown(error.instance)}"


def _disallowed(error: Any) -> Told:
    path = _path(error)
    meaning = _meaning(path)
    yield path, f"is {_shown(error.instance)}, which is not allowed. {meaning}"


#: Keyword of the schema to the words for its breach; others are told by the field's description.
_WORDS: dict[str, Callable[[Any, Spell], Told]] = {
    "required": _missing,
    "additionalProperties": _unknown,
    "enum": _not_one_of,
    "type": _wrong_kind,
    "uniqueItems": _twice,
}


def _path(error: Any) -> Path:
    return tuple(error.absolute_path)


def _meaning(path: Path) -> str:
    """Return what the schema says about a field, or about the nearest thing around it."""
    about, told = contract.schema("dataset"), ""
    for part in path:
        about = about.get("properties", {}).get(part, {})
        told = about.get("description", told)
    return told


def _likely(word: str, known: Iterable[str]) -> str:
    likely = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {likely[0]}?)" if likely else ""


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    cut = _LONGEST_VALUE_SHOWN
    return text if len(text) <= cut else text[: cut - 1] + "…"
