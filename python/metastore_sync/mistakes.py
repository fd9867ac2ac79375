"""
All that is wrong with one dataset document: the schema's rules, then the rules between fields.

A mistake says what is wrong and what is allowed; it names fields in the spelling its author uses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from metastore_sync import contract, contract_mistakes, schema_mistakes
from metastore_sync.layout import Landing, Layout
from metastore_sync.layout_names import mistake_in
from metastore_sync.model import CDC_ORDER

#: Renames a field for the reader: the file's spelling, the API's or the connector's.
Spell = Callable[[str], str]

#: Connector settings that Tidegate decides itself, and why a dataset file may not.
RESERVED = {
    "name": "the dataset's name decides it",
    "connector.class": "only Tidegate's own sink writes manifests",
    "topics": "kafka_topic decides it",
    "topics.regex": "one topic is one dataset",
    "key.converter": "the producer's bytes must pass unread",
    "value.converter": "the producer's bytes must pass unread",
    "header.converter": "the producer's bytes must pass unread",
    "consumer.override.auto.offset.reset": "start decides it",
    "s3.bucket": "the guard reads TIDEGATE_RAW_BUCKET",
    "s3.prefix": "the guard reads the bucket's root",
}
#: Settings of the Debezium connector that Tidegate decides itself, and why.
RESERVED_CDC = {
    "name": "the dataset's name decides it",
    "connector.class": "cdc captures PostgreSQL through Debezium",
    "topic.prefix": "the dataset's name decides it",
    "slot.name": "the dataset's name decides it; retire and status look for that slot",
    "publication.name": "the dataset's name decides it",
    "table.include.list": "cdc.table decides it",
    "database.hostname": "cdc.connection decides it",
    "database.port": "cdc.connection decides it",
    "database.dbname": "cdc.connection decides it",
    "database.user": "cdc.connection decides it",
    "database.password": "cdc.connection decides it",
    "key.converter": "the guard reads JSON",
    "value.converter": "the guard reads JSON",
    "transforms.row.type": "silver reads flat rows with __deleted, __op and __lsn",
    "transforms.row.delete.tombstone.handling.mode": "silver reads deletions from __deleted",
    "transforms.row.add.fields": "silver orders by __lsn",
    "transforms.topic.replacement": "kafka_topic decides it",
    "unavailable.value.placeholder": "the guard rejects records that hold the default one",
}
#: A second snapshot into a topic that holds changes cannot be ordered against them.
SNAPSHOT_MODES = ("initial", "no_data")
_SECRET = re.compile(r"secret|password|token|credential|sasl\.jaas", re.IGNORECASE)
#: A value that the Connect worker looks up itself, `${env:TIDEGATE_S3_SECRET_KEY}`.
_LOOKED_UP = re.compile(r"\$\{[^}]+\}")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong: where in the document, and what."""

    path: tuple[str | int, ...]
    text: str

    def field(self, spell: Spell) -> str:
        """Return the field as its author writes it, `pk_fields[0]` for a list's first."""
        if not self.path:
            return "document"
        rest = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path[1:])
        return spell(str(self.path[0])) + "".join(rest)


def is_secret(key: str, value: object) -> bool:
    """Return whether a connector setting holds a secret in clear text."""
    return bool(_SECRET.search(key)) and not _LOOKED_UP.fullmatch(str(value))


def find(document: Mapping[str, Any], spell: Spell = str) -> list[Mistake]:
    """Return every mistake of a document under the file spelling, in the order of its fields."""
    errors = contract.errors("dataset", document)
    found = [Mistake(*told) for error in errors for told in schema_mistakes.told(error, spell)]
    wrong = {mistake.path[0] for mistake in found if mistake.path}
    for rule, needs in RULES.items():
        if not wrong & needs:
            found += rule(document, spell)
    order = list(document)
    unique = dict.fromkeys(found)
    return sorted(unique, key=lambda m: order.index(m.path[0]) if m.path[0] in order else -1)


def _keys_are_named(document: Mapping[str, Any], spell: Spell) -> Iterator[Mistake]:
    mode = document["mode"]
    if mode in ("upsert", "history") and not document.get("pk_fields"):
        text = f"is empty; {spell('mode')} {mode} needs the fields that identify a row"
        yield Mistake(("pk_fields",), text)


def _history_has_a_clock(document: Mapping[str, Any], spell: Spell) -> Iterator[Mistake]:
    if document["mode"] == "history" and not document.get("event_time"):
        text = f"is empty; {spell('mode')} history needs the field that tells when a row changed"
        yield Mistake(("event_time",), text)


def _connector_keeps_off(document: Mapping[str, Any], _: Spell) -> Iterator[Mistake]:
    for key, value in document.get("connector", {}).items():
        if text := _off_limits(key, value, RESERVED):
            yield Mistake(("connector", key), text)


def _contract_is_a_json_schema(document: Mapping[str, Any], _: Spell) -> Iterator[Mistake]:
    given = document.get("contract") or {}
    if isinstance(given, str):
        yield Mistake(("contract",), f"is no JSON object; allowed: {contract_mistakes.ALLOWED}")
        return
    for path, text in contract_mistakes.found(given):
        yield Mistake(("contract", *path), text)


def _off_limits(key: str, value: object, reserved: Mapping[str, str]) -> str:
    """Return why a connector setting may not be set by hand; empty when it may."""
    if key.startswith("dataset."):
        return "may not be set here: it is a field of the dataset"
    if key in reserved:
        return f"may not be set here: {reserved[key]}"
    if is_secret(key, value):
        return "holds a secret in clear text; allowed: ${env:TIDEGATE_…}, read by the worker"
    return ""


def _cdc_keeps_off(document: Mapping[str, Any], _: Spell) -> Iterator[Mistake]:
    for key, value in (document.get("cdc") or {}).get("connector", {}).items():
        text = _off_limits(key, value, RESERVED_CDC)
        if key == "snapshot.mode" and value not in SNAPSHOT_MODES:
            modes = ", ".join(SNAPSHOT_MODES)
            text = f"is {value}; allowed: {modes} (a lost slot needs a new topic: docs/cdc.md)"
        if text:
            yield Mistake(("cdc", "connector", key), text)


def _cdc_is_keyed(document: Mapping[str, Any], spell: Spell) -> Iterator[Mistake]:
    if not document.get("cdc"):
        return
    if document["mode"] != "upsert":
        text = f"is {document['mode']}; allowed with {spell('cdc')}: upsert, one row per key of the table"
        yield Mistake(("mode",), text)
    if document.get("order_by") not in (None, [], list(CDC_ORDER)):
        why = f"changes are ordered by {CDC_ORDER[0]}, their place in the log"
        text = f"may not be set with {spell('cdc')}: {why}"
        yield Mistake(("order_by",), text)


def _landing_fits_its_layout(document: Mapping[str, Any], _: Spell) -> Iterator[Mistake]:
    given = document.get("landing", {})
    if given and "layout" not in given:
        text = "says not whose sink writes there; allowed: layout: confluent, aiven or tidegate"
        yield Mistake(("landing",), text)
        return
    landing = Landing.of(given)
    if not landing.is_foreign:
        yield from (
            Mistake(("landing", name), "says something of another sink; layout is tidegate")
            for name in given
            if name != "layout"
        )
        return
    only = {"file_name_template": Layout.AIVEN, "newest": Layout.CONFLUENT}
    for name, layout in only.items():
        if name in given and landing.layout is not layout:
            yield Mistake(("landing", name), f"belongs to layout {layout}; layout is {landing.layout}")
    if landing.layout is Layout.AIVEN and (wrong := mistake_in(landing.prefix + landing.file_name_template)):
        yield Mistake(("landing", "file_name_template"), wrong)
    for ignored in ("connector", "cdc"):
        if document.get(ignored):
            text = f"would be ignored: {landing.layout}'s sink lands the topic, Tidegate renders no connector"
            yield Mistake((ignored,), text)


#: A rule between fields, and the fields that must be well formed before it can speak.
RULES: dict[Callable[[Mapping[str, Any], Spell], Iterator[Mistake]], set[str]] = {
    _keys_are_named: {"mode", "pk_fields"},
    _history_has_a_clock: {"mode", "event_time"},
    _contract_is_a_json_schema: {"contract"},
    _connector_keeps_off: {"connector"},
    _cdc_keeps_off: {"cdc"},
    _cdc_is_keyed: {"cdc", "mode", "order_by"},
    _landing_fits_its_layout: {"landing", "connector", "cdc"},
}
