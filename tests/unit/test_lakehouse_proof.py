"""When the terms of a receipt add up, and what is said when they do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lakehouse import proof_bronze, proof_silver, spark_sql
from lakehouse.proof import Mismatch
from metastore_sync.model import Dataset, Mode

ORDERS = Dataset(name="orders", kafka_topic="orders", mode=Mode.UPSERT, owner="x", pk_fields=("id",))
FLIGHTS = Dataset(name="flights", kafka_topic="flights", mode=Mode.APPEND, owner="x")
PLACE = {"topic_id": "00c0ffee", "first_offset": 0, "last_offset": 9}


def landed(**more: Any) -> dict[str, Any]:
    return {**PLACE, "partition": 0, "landed": 10, "rejected": 1, **more}


def held(**more: Any) -> dict[str, Any]:
    row = {**PLACE, "kafka_partition": 0, "bronze": 9, "doubled": 0, "content_hash": "77"}
    return {**row, **more}


BRONZE = {
    "all is there": ([landed()], [held()], []),
    "all was rejected": ([landed(rejected=10)], [], ["counts agree, content does not"]),
    "one is missing": ([landed()], [held(bronze=8)], ["10 landed ≠ 1 rejected + 8 bronze"]),
    "the partition is missing": ([landed()], [], ["10 landed ≠ 1 rejected + 0 bronze"]),
    "one is there twice": (
        [landed()], [held(doubled=1)], ["1 offset(s) are in bronze more than once"],
    ),
    "one is not of this batch": ([landed()], [held(last_offset=10)], ["bronze holds 0…10"]),
    "a partition nobody landed": (
        [landed()], [held(), held(kafka_partition=4, content_hash="0")], ["no object of"],
    ),
    "another text": ([landed()], [held(content_hash="78")], ["counts agree, content does not"]),
}  # fmt: skip


@pytest.mark.parametrize(("registry", "bronze", "facts"), BRONZE.values(), ids=BRONZE.keys())
def test_landed_to_bronze(registry: list[Any], bronze: list[Any], facts: list[str]) -> None:
    batch = {"batch_id": 1, "content_hash": 77}

    made = proof_bronze.compare("orders", batch, registry, bronze)

    assert made.is_green is (not facts)
    assert len(made.mismatches) == len(facts)
    for fact, mismatch in zip(facts, made.mismatches, strict=True):
        assert fact in str(mismatch)


def became(**more: Any) -> dict[str, Any]:
    row = {"topic_id": "00c0ffee", "kafka_partition": 0, "first_lost": None, "last_lost": None}
    counts = {"bronze": 9, "applied": 4, "superseded": 5, "shown": 4, "doubled": 0, "lost": 0}
    counts |= {"rule_rejected": 0, "kept_though_rejected": 0}
    return {**row, **counts, **more}


SILVER = {
    "all is accounted for": ([became()], {"silver": 4}, 0, []),
    "a rule kept one out": (
        [became(superseded=4, rule_rejected=1)], {"silver": 4}, 1, [],
    ),
    "what a rule kept out is in silver": (
        [became(superseded=4, rule_rejected=1, kept_though_rejected=1, first_lost=3, last_lost=3)],
        {"silver": 4}, 1, ["offsets 3…3: 1 records that a rule rejected are in silver"],
    ),
    "what a rule kept out is not in bronze": (
        [became()], {"silver": 4}, 1, ["1 records were rejected by a rule, 0 of them are in bronze"],
    ),
    "one is lost": (
        [became(superseded=4, lost=1, first_lost=3, last_lost=3)], {"silver": 4}, 0,
        ["offsets 3…3: 1 of 9 bronze records are not in silver"],
    ),
    "a term counts one twice": ([became(superseded=6)], {"silver": 4}, 0, ["9 bronze ≠"]),
    "silver shows more": ([became()], {"silver": 5}, 0, ["5 rows of this batch, 4 are in bronze"]),
    "silver shows none": ([became()], None, 0, ["0 rows of this batch, 4 are in bronze"]),
}  # fmt: skip


@pytest.mark.parametrize(("ranges", "shown", "ruled", "facts"), SILVER.values(), ids=SILVER.keys())
def test_bronze_to_silver(
    ranges: list[Any], shown: dict[str, Any] | None, ruled: int, facts: list[str]
) -> None:
    made = proof_silver.compare(ORDERS, 1, ranges, shown, ruled)

    assert len(made.mismatches) == len(facts)
    for fact, mismatch in zip(facts, made.mismatches, strict=True):
        assert fact in str(mismatch)


@pytest.mark.parametrize("mode", [Mode.APPEND, Mode.HISTORY])
def test_where_every_record_is_a_row_identities_are_compared_too(mode: Mode) -> None:
    kinds = {"kept": 9, "duplicate": 0, "state": 9, "superseded": 0, "deletion": 0}
    ranges = [{**became(), **kinds, "shown": 9, "identity_hash": "5"}]

    shown = {"silver": 9, "identity_hash": "6"}
    made = proof_silver.compare(replace(FLIGHTS, mode=mode), 1, ranges, shown, 0)

    assert [m.fact for m in made.mismatches] == ["identity hash 5 in bronze, 6 in silver"]


def test_a_mismatch_survives_json() -> None:
    mismatch = Mismatch(topic_id="0a", partition=1, first_offset=2, last_offset=3, fact="lost")

    assert Mismatch(**mismatch.to_json()) == mismatch


def test_a_key_named_like_a_column_of_ours_is_found_under_its_silver_name() -> None:
    dataset = Dataset(name="d", kafka_topic="d", mode=Mode.UPSERT, owner="x", pk_fields=("batch_id", "o`k"))

    words = proof_silver.upsert_words(dataset, {"batch_id": "bigint", "o`k": "string"})
    text = spark_sql.statement(
        "silver_upsert", bronze="bronze.brz_d", silver="silver.slv_d", batches="1", rejected="none", **words
    )

    assert "s.`payload_batch_id` as key_1" in text
    assert "s.`o``k` as key_2" in text
    assert "from_json(value, '`batch_id` bigint, `o``k` string')" in text
