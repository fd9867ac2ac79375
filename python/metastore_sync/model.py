"""
What a dataset is: the declared side of the registry, free of any library.

The same fields have three spellings: `pk_fields` in dataset files and Python, `pkFields` in the API's JSON,
`dataset.pk.fields` in connector configs. This module holds the first; `spelling.py` translates.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from metastore_sync.layout import Landing

#: One name for topic, folder of models, DAG and tables.
NAME = re.compile(r"[a-z][a-z0-9_]*")


class Mode(StrEnum):
    """How silver applies a dataset's records."""

    #: Every record is a row; repeats of an event id are flagged.
    APPEND = "append"
    #: One row per key: its newest state.
    UPSERT = "upsert"
    #: One row per key and period of validity.
    HISTORY = "history"


class Start(StrEnum):
    """Where landing begins on a topic that has no chain yet."""

    EARLIEST = "earliest"
    LATEST = "latest"


class Action(StrEnum):
    """What policy does with a finding."""

    IGNORE = "ignore"
    ALLOW = "allow"
    BLOCK = "block"
    REJECT_RECORDS = "reject_records"


class Removal(StrEnum):
    """How much absence of a field counts as its removal."""

    #: What chance does not explain, over several batches.
    EVIDENCE = "evidence"
    #: The first batch that lacks it whole.
    FIRST_ABSENCE = "first_absence"


class Target(StrEnum):
    """The table format that will hold a column, which decides what a widening means."""

    ICEBERG_V2 = "iceberg_v2"
    ICEBERG_V3 = "iceberg_v3"
    DELTA = "delta"
    SPARK = "spark"


class DatasetState(StrEnum):
    """Whether the guard forms batches of a dataset."""

    OK = "OK"
    BLOCKED = "BLOCKED"
    PAUSED = "PAUSED"
    RETIRED = "RETIRED"


class Source(StrEnum):
    """By which of the three ways a dataset was registered."""

    FILE = "file"
    API = "api"
    CONNECT = "connect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cdc:
    """
    The table whose changes fill a dataset's topic.

    Attributes:
        connection: Which database: `shop` stands for the variables TIDEGATE_CDC_SHOP_HOST, _PORT, _DATABASE,
            _USER and _PASSWORD, which the Connect worker looks up itself; no address or secret is kept.
        table: `schema.table`, as PostgreSQL spells it.
        connector: Settings laid over the rendered Debezium config.
    """

    connection: str
    table: str
    connector: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def variable(self, part: str) -> str:
        """
        Return the variable that holds one part of the address.

        >>> Cdc(connection="shop", table="public.customers").variable("password")
        'TIDEGATE_CDC_SHOP_PASSWORD'
        """
        return f"TIDEGATE_CDC_{self.connection.upper()}_{part.upper()}"


#: What orders the states of a captured row: the change's place in PostgreSQL's log.
CDC_ORDER = ("__lsn",)
#: How the change came: c, u, d were streamed, r was read by a snapshot.
CDC_KIND = "__op"
#: When the change was committed, in milliseconds since 1970.
CDC_TIME = "__source_ts_ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """
    One topic, one dataset, one folder of models, one DAG.

    Attributes:
        name: Matches `NAME`.
        kafka_topic: Defaults to the name.
        pk_fields: Top-level payload fields that identify a row; required for upsert and history.
        order_by: Payload fields that order the states of one key, most significant first.
        partition_keys: Payload fields silver is partitioned by.
        event_time: Payload field with the event's time (ISO 8601 text, or epoch milliseconds); empty: none.
        event_id: Payload fields that together name one event; empty: repeats are not looked for.
        transforms: Names of transforms between bronze and silver, in order.
        schedule: Cron expression or preset of the dataset's DAG; empty: started by hand only.
        max_lag: Seconds a landed record may wait before the dataset counts as lagging.
        owner: Who is told when the dataset is blocked.
        policy: Finding code → action; codes not named follow the default policy.
        removal: When an absent field counts as removed.
        targets: Formats every schema change is judged against.
        contract: JSON Schema 2020-12 of its records as JSON text, keys sorted; empty: none.
        connector: Connector settings laid over the rendered sink config.
        cdc: The PostgreSQL table whose changes fill the topic; none: somebody else produces.
        landing: Whose S3 sink lands the topic; Tidegate's own unless told otherwise.
    """

    name: str
    kafka_topic: str
    mode: Mode
    owner: str
    pk_fields: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    partition_keys: tuple[str, ...] = ()
    event_time: str = ""
    event_id: tuple[str, ...] = ()
    transforms: tuple[str, ...] = ()
    schedule: str = ""
    max_lag: int = 3600
    start: Start = Start.EARLIEST
    policy: MappingProxyType[str, Action] = field(default_factory=lambda: MappingProxyType({}))
    removal: Removal = Removal.EVIDENCE
    targets: tuple[Target, ...] = (Target.ICEBERG_V2,)
    contract: str = ""
    connector: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))
    cdc: Cdc | None = None
    landing: Landing = field(default_factory=Landing)


def to_document(dataset: Dataset) -> dict[str, Any]:
    """Return the dataset as plain JSON values: every field, `cdc` and `landing` only where they say much."""
    landing = dataset.landing.to_document()
    document = {
        "name": dataset.name,
        "kafka_topic": dataset.kafka_topic,
        "mode": dataset.mode.value,
        "owner": dataset.owner,
        "pk_fields": list(dataset.pk_fields),
        "order_by": list(dataset.order_by),
        "partition_keys": list(dataset.partition_keys),
        "event_time": dataset.event_time,
        "event_id": list(dataset.event_id),
        "transforms": list(dataset.transforms),
        "schedule": dataset.schedule,
        "max_lag": dataset.max_lag,
        "start": dataset.start.value,
        "policy": {code: action.value for code, action in sorted(dataset.policy.items())},
        "removal": dataset.removal.value,
        "targets": [target.value for target in dataset.targets],
        "contract": json.loads(dataset.contract or "{}"),
        "connector": dict(sorted(dataset.connector.items())),
        **({"landing": landing} if landing else {}),
    }
    return document | ({"cdc": _cdc_document(dataset.cdc)} if dataset.cdc else {})


def from_document(document: dict[str, Any]) -> Dataset:
    """
    Return the dataset of a document that already satisfies `dataset.schema.json`.

    Raises:
        KeyError, ValueError: The document was not validated first.
    """
    given = {key: value for key, value in document.items() if value is not None}
    cdc = _cdc(given.get("cdc"))
    if cdc:
        given = {"order_by": CDC_ORDER, "event_time": CDC_TIME} | {k: v for k, v in given.items() if v != []}
    lists = ("pk_fields", "order_by", "partition_keys", "event_id", "transforms")
    return Dataset(
        name=given["name"],
        kafka_topic=given.get("kafka_topic") or given["name"],
        mode=Mode(given["mode"]),
        owner=given["owner"],
        event_time=given.get("event_time", ""),
        schedule=given.get("schedule", ""),
        max_lag=int(given.get("max_lag", 3600)),
        start=Start(given.get("start", "earliest")),
        policy=MappingProxyType({c: Action(a) for c, a in given.get("policy", {}).items()}),
        removal=Removal(given.get("removal", "evidence")),
        targets=tuple(Target(t) for t in given.get("targets", ["iceberg_v2"])),
        contract=_text(given["contract"]) if given.get("contract") else "",
        connector=MappingProxyType({k: str(v) for k, v in given.get("connector", {}).items()}),
        cdc=cdc,
        landing=Landing.of(given.get("landing", {})),
        **{name: tuple(given.get(name, ())) for name in lists},
    )


def _text(contract: dict[str, Any]) -> str:
    """Return a contract as one text for all documents that are equal as JSON; PostgreSQL keeps no `1e3`."""
    return json.dumps(_whole(contract), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _whole(value: Any) -> Any:
    match value:
        case dict():
            return {key: _whole(inner) for key, inner in value.items()}
        case list():
            return [_whole(inner) for inner in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def _cdc_document(cdc: Cdc) -> dict[str, Any]:
    settings = dict(sorted(cdc.connector.items()))
    return {"connection": cdc.connection, "table": cdc.table, "connector": settings}


def _cdc(document: dict[str, Any] | None) -> Cdc | None:
    if not document:
        return None
    settings = {key: str(value) for key, value in document.get("connector", {}).items()}
    return Cdc(
        connection=document["connection"], table=document["table"], connector=MappingProxyType(settings)
    )
