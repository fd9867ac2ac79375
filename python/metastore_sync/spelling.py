"""
Three spellings of a field: `pk_fields` in files, `pkFields` in the API, `dataset.pk.fields` in Connect.

Translations change names only. Fields that no spelling knows pass through, so that validation can
name them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from metastore_sync.errors import UsageError
from metastore_sync.model import Dataset

#: Every field of a dataset under its file spelling, in the model's order.
FIELDS = tuple(field.name for field in fields(Dataset))
#: Fields whose connector value is a list, separated by commas.
LISTS = (
    "pk_fields",
    "order_by",
    "partition_keys",
    "event_id",
    "transforms",
    "targets",
)
PREFIX = "dataset."
#: Fields that a rendered connector does not carry: its own settings, and the contract, which is long.
_NOT_RENDERED = ("connector", "contract")
#: A transform that lives in a jar: `jar:<address>!<class>`.
JAR = "jar:"
#: The API's second name for the transforms that live in jars.
JARS = "transformJars"


def api_field(name: str) -> str:
    """
    Return a field's name in the API.

    >>> api_field("pk_fields")
    'pkFields'
    """
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def connector_field(name: str) -> str:
    """
    Return a field's name in connector configs.

    >>> connector_field("pk_fields")
    'dataset.pk.fields'
    """
    return PREFIX + name.replace("_", ".")


_FROM_API = {api_field(name): name for name in FIELDS}
_POLICY = connector_field("policy") + "."
_CDC = connector_field("cdc") + "."
_CDC_SETTING = "connector."
_LANDING = connector_field("landing") + "."


def from_api(document: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return an API document under the file spelling; `transformJars` joins `transforms`.

    Raises:
        UsageError: A field has the file spelling, which the API does not know.
    """
    for name in document:
        if name in FIELDS and name not in _FROM_API:
            raise UsageError(f"{name}: the API spells it {api_field(name)}")
    found = {_FROM_API.get(name, name): v for name, v in document.items() if name != JARS}
    if isinstance(landing := found.get("landing"), Mapping):
        found["landing"] = {_file_field(name): value for name, value in landing.items()}
    jars = document.get(JARS)
    if isinstance(jars, list) and isinstance(found.get("transforms", []), list):
        named = [jar if str(jar).startswith(JAR) else f"{JAR}{jar}" for jar in jars]
        known = found.get("transforms", [])
        found["transforms"] = [*known, *(jar for jar in named if jar not in known)]
    elif jars is not None:
        found["transforms"] = jars
    return found


def to_api(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document under the API's spelling, the transforms in jars named twice."""
    found = {api_field(name): value for name, value in document.items()}
    if "landing" in found:
        found["landing"] = {api_field(name): value for name, value in found["landing"].items()}
    jars = [name for name in document.get("transforms", ()) if name.startswith(JAR)]
    return {**found, JARS: jars} if jars else found


def from_connector(config: Mapping[str, str]) -> dict[str, Any] | None:
    """
    Return the dataset that a connector config declares; none when it has no `dataset.*` key.

    The topic, and the name where it is missing, come from `topics`.
    """
    given = {key: value for key, value in config.items() if key.startswith(PREFIX)}
    if not given:
        return None
    document: dict[str, Any] = {}
    policy: dict[str, str] = {}
    cdc: dict[str, Any] = {}
    landing: dict[str, str] = {}
    for key, value in given.items():
        if key.startswith(_POLICY):
            policy[key.removeprefix(_POLICY)] = value
        elif key.startswith(_CDC):
            _take_cdc(cdc, key.removeprefix(_CDC), value.strip())
        elif key.startswith(_LANDING):
            landing[key.removeprefix(_LANDING).replace(".", "_")] = value.strip()
        else:
            name = key.removeprefix(PREFIX).replace(".", "_")
            document[name] = _from_text(name, value)
    topics = config.get("topics", "").strip()
    document.setdefault("kafka_topic", topics)
    document.setdefault("name", topics)
    nested = {"policy": policy, "cdc": cdc, "landing": landing}
    return document | {name: said for name, said in nested.items() if said}


def to_connector(document: Mapping[str, Any]) -> dict[str, str]:
    """Return a document as `dataset.*` keys, without what is empty, contracts and connectors' settings."""
    config: dict[str, str] = {}
    for name, value in document.items():
        match value:
            case _ if name in _NOT_RENDERED or value in ("", [], {}, None):
                continue
            case dict():
                # Codes of policy keep their underscores; fields of other fields are spelled like fields.
                dotted = str if name == "policy" else lambda field: field.replace("_", ".")
                texts = {dotted(key): str(v) for key, v in value.items() if not isinstance(v, dict)}
                config |= {f"{connector_field(name)}.{key}": text for key, text in texts.items()}
            case list():
                config[connector_field(name)] = ",".join(value)
            case _:
                config[connector_field(name)] = str(value)
    return config


def _take_cdc(cdc: dict[str, Any], name: str, value: str) -> None:
    if name.startswith(_CDC_SETTING):
        cdc.setdefault("connector", {})[name.removeprefix(_CDC_SETTING)] = value
    else:
        cdc[name] = value


def _file_field(name: str) -> str:
    """
    Return a nested field of the API under the file spelling.

    >>> _file_field("fileNameTemplate")
    'file_name_template'
    """
    return re.sub(r"[A-Z]", lambda match: f"_{match[0].lower()}", name)


def _from_text(name: str, text: str) -> Any:
    if name in LISTS:
        return [part.strip() for part in text.split(",") if part.strip()]
    if name == "max_lag" and re.fullmatch(r"[0-9]+", text.strip()):
        return int(text)
    return _object_from(text) if name == "contract" else text.strip()


def _object_from(text: str) -> Any:
    """Return a JSON object; any other text stays what it is, for validation to name."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict) else text
