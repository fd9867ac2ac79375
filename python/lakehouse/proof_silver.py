"""Bronze → silver: each record of a batch is applied, superseded, duplicate or rejected."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, assert_never

from lakehouse import proof_source, spark
from lakehouse.proof import Mismatch, ProofLine, Receipt
from lakehouse.spark_sql import identifier, literal, numbers, statement
from metastore_sync.model import CDC_KIND, Dataset, Mode
from schema_guard import silver_names

Row = dict[str, Any]

#: The terms that a mode's bronze records divide into; each is counted by its own condition.
TERMS: dict[Mode, tuple[str, ...]] = {
    Mode.UPSERT: ("applied", "superseded"),
    Mode.APPEND: ("kept", "duplicate"),
    Mode.HISTORY: ("state", "superseded", "deletion"),
}
#: Modes whose silver has a row for every record: identities compare too.
_ROW_PER_RECORD = frozenset({Mode.APPEND, Mode.HISTORY})


def bronze_to_silver(
    lake: spark.Session,
    dataset: Dataset,
    columns: list[dict[str, str]],
    batches: list[int],
    ruled: dict[int, int],
    *,
    source: str,
) -> list[Receipt]:
    """
    Return the line of each batch.

    Args:
        lake: Session that reads bronze (the partitions of these batches alone) and silver.
        dataset: The dataset.
        columns: Top-level columns of the schema silver was last written with.
        batches: Numbers of the batches.
        ruled: Records a rule kept out of silver, per batch (registry).
        source: SQL of the records that silver is made from (`proof_source`).
    """
    words: dict[str, object] = {
        "bronze": source,
        "silver": f"silver.slv_{dataset.name}",
        "batches": numbers(batches),
        "rejected": proof_source.rule_rejected(dataset.name, batches if ruled else []),
    }
    ranges: dict[int, list[Row]] = defaultdict(list)
    for row in lake.rows(_query(dataset, columns, words)):
        ranges[int(row["batch_id"])].append(row)
    shown = {int(row["batch_id"]): row for row in lake.rows(statement("silver_rows", **words))}
    return [
        compare(dataset, batch, ranges[batch], shown.get(batch), ruled.get(batch, 0)) for batch in batches
    ]


def compare(dataset: Dataset, batch: int, ranges: list[Row], shown: Row | None, ruled: int) -> Receipt:
    """Return one batch's line from what each partition's records became and what silver shows."""
    names = TERMS[dataset.mode]
    terms: dict[str, Any] = {
        name: sum(int(row[name]) for row in ranges)
        for name in ("bronze", *names, "rule_rejected", "shown", "doubled")
    }
    terms["silver"] = int(shown["silver"]) if shown else 0
    mismatches = [found for row in ranges if (found := _range(row))]
    accounted = sum(terms[name] for name in names) + terms["rule_rejected"]
    if terms["bronze"] != accounted and not mismatches:
        parts = " + ".join(f"{terms[name]} {name}" for name in names)
        fact = f"{terms['bronze']} bronze ≠ {parts} + {terms['rule_rejected']} rule-rejected"
        mismatches.append(Mismatch(fact=fact))
    if terms["rule_rejected"] != ruled:
        fact = f"{ruled} records were rejected by a rule, {terms['rule_rejected']} of them are in bronze"
        mismatches.append(Mismatch(fact=fact))
    if terms["silver"] != terms["shown"] and not terms["doubled"]:
        fact = f"silver shows {terms['silver']} rows of this batch, {terms['shown']} are in bronze"
        mismatches.append(Mismatch(fact=fact))
    if dataset.mode in _ROW_PER_RECORD:
        mismatches += _compare_hashes(terms, ranges, shown, silent=bool(mismatches))
    return Receipt(
        dataset=dataset.name,
        batch_id=batch,
        line=ProofLine.BRONZE_TO_SILVER,
        terms=terms,
        mismatches=tuple(mismatches),
    )


def _range(row: Row) -> Mismatch | None:
    facts = []
    if int(row["lost"]):
        facts.append(f"{row['lost']} of {row['bronze']} bronze records are not in silver")
    if int(row["kept_though_rejected"]):
        facts.append(f"{row['kept_though_rejected']} records that a rule rejected are in silver")
    if int(row["doubled"]):
        facts.append(f"{row['doubled']} records meet more than one silver row")
    if not facts:
        return None
    return Mismatch(
        topic_id=row["topic_id"],
        partition=int(row["kafka_partition"]),
        first_offset=int(row["first_lost"]),
        last_offset=int(row["last_lost"]),
        fact="; ".join(facts),
    )


def _compare_hashes(
    terms: dict[str, Any], ranges: list[Row], shown: Row | None, *, silent: bool
) -> list[Mismatch]:
    bronze = sum(int(row["identity_hash"]) for row in ranges)
    silver = int(shown["identity_hash"]) if shown else 0
    terms["bronze_identities"], terms["silver_identities"] = str(bronze), str(silver)
    if bronze == silver or silent:
        return []
    return [Mismatch(fact=f"identity hash {bronze} in bronze, {silver} in silver")]


def _query(dataset: Dataset, columns: list[dict[str, str]], words: dict[str, object]) -> str:
    match dataset.mode:
        case Mode.APPEND:
            return statement("silver_append", **words)
        case Mode.UPSERT:
            types = {column["name"]: column["type"] for column in columns}
            name = "silver_changes" if dataset.cdc else "silver_upsert"
            return statement(name, **words, **upsert_words(dataset, types))
        case Mode.HISTORY:
            return statement("silver_history", **words)
        case _:
            assert_never(dataset.mode)


def upsert_words(dataset: Dataset, types: dict[str, str]) -> dict[str, object]:
    """Return the key, the order and the part of the schema that a keyed table's proof reads."""
    wanted = {*dataset.pk_fields, *dataset.order_by, *([CDC_KIND] if dataset.cdc else [])}
    read = [name for name in types if name in wanted]
    ddl = ", ".join(f"{identifier(name)} {types[name]}" for name in read)
    return {
        "ddl": literal(ddl),
        "keys": [
            {**_column(name), "from_kafka": _from_kafka(name, types[name], dataset)}
            for name in dataset.pk_fields
        ],
        "order_by": [_column(name) for name in dataset.order_by],
    }


def _column(field: str) -> dict[str, str]:
    return {"field": identifier(field), "column": identifier(silver_names.column(field))}


def _from_kafka(field: str, kind: str, dataset: Dataset) -> str:
    # The contract of tombstone keys is in docs/architecture.md.
    ddl = literal(f"{identifier(field)} {kind}")
    member = f"from_json(b.kafka_key, {ddl}).{identifier(field)}"
    if len(dataset.pk_fields) > 1:
        return member
    return (
        f"case when ltrim(b.kafka_key) like '{{%' then {member}"
        f" when b.kafka_key like '\"%' then try_cast(get_json_object(b.kafka_key, '$') as {kind})"
        f" else try_cast(b.kafka_key as {kind}) end"
    )
