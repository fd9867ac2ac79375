"""Landed → bronze: each landed record of a batch is there once, byte for byte, or rejected."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from lakehouse import spark
from lakehouse.proof import Mismatch, ProofLine, Receipt
from lakehouse.spark_sql import numbers, statement

Row = dict[str, Any]


def landed_to_bronze(
    lake: spark.Session, name: str, batches: list[Row], landed: list[Row], source: str
) -> list[Receipt]:
    """
    Return the line of each batch.

    Args:
        lake: Session that reads `bronze.brz_<name>`, the partitions of these batches alone.
        name: Dataset.
        batches: `batch_id`, `content_hash` and accepted `lost` records of each.
        landed: Per batch and partition: offsets, count landed, count rejected (registry).
        source: SQL of bronze with what silver reads beside it (`proof_source`).
    """
    ids = [int(batch["batch_id"]) for batch in batches]
    query = statement("bronze_ranges", bronze=source, batches=numbers(ids))
    held: dict[int, list[Row]] = defaultdict(list)
    for row in lake.rows(query):
        held[int(row["batch_id"])].append(row)
    expected: dict[int, list[Row]] = defaultdict(list)
    for row in landed:
        expected[int(row["batch_id"])].append(row)
    return [compare(name, batch, expected[batch["batch_id"]], held[batch["batch_id"]]) for batch in batches]


def compare(name: str, batch: Row, landed: list[Row], held: list[Row]) -> Receipt:
    """Return the line of one batch from its registry rows and its bronze rows, per partition."""
    found = {(row["topic_id"], row["kafka_partition"]): row for row in held}
    mismatches = [
        mismatch
        for row in landed
        if (mismatch := _range(row, found.pop((row["topic_id"], row["partition"]), None)))
    ]
    mismatches += [_nobody_landed(row) for row in found.values()]
    hashes = (int(batch["content_hash"]), sum(int(row["content_hash"]) for row in held))
    if hashes[0] != hashes[1] and not mismatches:
        fact = f"counts agree, content does not: hash {hashes[0]} landed, {hashes[1]} in bronze"
        mismatches.append(Mismatch(fact=fact))
    return Receipt(
        dataset=name,
        batch_id=int(batch["batch_id"]),
        line=ProofLine.LANDED_TO_BRONZE,
        terms={
            "landed": sum(int(row["landed"]) for row in landed),
            "rejected": sum(int(row["rejected"]) for row in landed),
            # Landed, judged, then gone from the raw zone, and accepted as lost by somebody.
            "lost": int(batch.get("lost", 0)),
            "bronze": sum(int(row["bronze"]) for row in held),
            "doubled": sum(int(row["doubled"]) for row in held),
            "landed_hash": str(hashes[0]),
            "bronze_hash": str(hashes[1]),
            "partitions": len(landed),
        },
        mismatches=tuple(mismatches),
    )


def _range(landed: Row, held: Row | None) -> Mismatch | None:
    bronze = int(held["bronze"]) if held else 0
    doubled = int(held["doubled"]) if held else 0
    first, last = int(landed["first_offset"]), int(landed["last_offset"])
    facts = []
    if int(landed["landed"]) != int(landed["rejected"]) + bronze:
        facts.append(f"{landed['landed']} landed ≠ {landed['rejected']} rejected + {bronze} bronze")
    if doubled:
        facts.append(f"{doubled} offset(s) are in bronze more than once")
    if held and not first <= held["first_offset"] <= held["last_offset"] <= last:
        facts.append(f"bronze holds {held['first_offset']}…{held['last_offset']}")
    if not facts:
        return None
    return Mismatch(
        topic_id=landed["topic_id"],
        partition=int(landed["partition"]),
        first_offset=first,
        last_offset=last,
        fact="; ".join(facts),
    )


def _nobody_landed(held: Row) -> Mismatch:
    return Mismatch(
        topic_id=held["topic_id"],
        partition=int(held["kafka_partition"]),
        first_offset=int(held["first_offset"]),
        last_offset=int(held["last_offset"]),
        fact=f"{held['bronze']} rows in bronze of a partition this batch has no object of",
    )
