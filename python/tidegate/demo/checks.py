"""The tables against the ledger: each check is one sentence that holds, or an error with both sides."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

import psycopg

from lakehouse import spark
from metastore_sync import registry
from metastore_sync.errors import VerdictError
from metastore_sync.settings import Settings
from tidegate.demo import expected, flights, orders
from tidegate.demo.ledger import Ledger

#: Called with the sentence of each check that held.
OnHeld = Callable[[str], None]


def table_rows(settings: Settings, name: str, **words: str) -> list[dict[str, Any]]:
    """Return the rows of one of the demo's queries (`sql/<name>.sql`)."""
    text = resources.files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    return spark.rows(settings, text.format(**words))


def registry_rows(connection: psycopg.Connection[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Return the rows of one of the demo's registry queries (`sql/<name>.sql`)."""
    query = resources.files(__package__).joinpath("sql", f"{name}.sql").read_bytes()
    return connection.execute(query).fetchall()


def check_tables(settings: Settings, ledger: Ledger, on_held: OnHeld) -> None:
    """
    Compare bronze, silver and gold of both datasets with the ledger.

    Raises:
        VerdictError: A table differs from what the producer was told is safe.
    """
    for topic in (orders.TOPIC, flights.TOPIC):
        _check_bronze(settings, ledger, topic)
        on_held(f"bronze.brz_{topic} holds every admissible record once, hash for hash")
    states = expected.order_states(ledger, orders.TOPIC)
    _check_order_states(settings, states)
    on_held(f"silver.slv_orders shows the newest state of all {len(states):,} keys")
    events, repeats = expected.distinct_events(ledger, flights.TOPIC)
    found = table_rows(settings, "flight_repeats")[0]
    _same("silver.slv_flights: distinct flights", events, found["events"])
    _same("silver.slv_flights: repeated records", repeats, found["repeats"])
    on_held(f"silver.slv_flights tells {events:,} flights apart and flags {repeats:,} repeats")
    living = sum(fact is not None for fact in states.values())
    gold = table_rows(settings, "gold")[0]
    _same("gold.agg_orders_daily: orders", living, gold["orders"])
    _same("gold.agg_flights_daily: flights", events, gold["flights"])
    on_held(f"gold counts {living:,} living orders and {events:,} flights")


def check_receipts(settings: Settings, on_held: OnHeld) -> None:
    """
    Require two green receipts for every admitted batch of both datasets.

    Raises:
        VerdictError: A batch has no receipt, or one that is red.
    """
    with registry.connect(settings) as connection:
        unproven = registry_rows(connection, "unproven_batches")
    if unproven:
        raise VerdictError(
            f"demo: {len(unproven)} admitted batches lack a green receipt",
            where="\n".join(f"{row['dataset']} batch {row['batch_id']}" for row in unproven),
            not_done="The demo stops here; the tables stay as they are.",
            next_command="tidegate status",
        )
    on_held("every admitted batch has two green receipts")


def check_rejected(settings: Settings, count: int, on_held: OnHeld) -> None:
    """Require as many rejected flights as breaking waves were decided by `reject`."""
    with registry.connect(settings) as connection:
        found = registry_rows(connection, "rejected_flights")[0]["records"]
    _same("flights: rejected records", count, found)
    if count:
        on_held(f"{count:,} flights of rejected versions are rejected records, with their payload")


def _check_bronze(settings: Settings, ledger: Ledger, topic: str) -> None:
    found = {
        (row["topic_id"], row["kafka_partition"]): (row["records"], int(row["content_hash"]))
        for row in table_rows(settings, "bronze_ranges", dataset=topic)
    }
    for part in expected.bronze_ranges(ledger, topic):
        place = f"bronze.brz_{topic}: {part.topic_id} partition {part.partition}"
        _same(place, (part.records, part.hash), found.pop((part.topic_id, part.partition), None))
    _same(f"bronze.brz_{topic}: partitions nobody produced", {}, found)


def _check_order_states(settings: Settings, states: dict[str, str | None]) -> None:
    found = {r["order_key"]: r["fact"] for r in table_rows(settings, "order_states")}
    keys = sorted(states.keys() | found.keys())
    wrong = [k for k in keys if states.get(k, "absent") != found.get(k, "absent")]
    if wrong:
        shown = [f"key {k}: {states.get(k, 'absent')} → {found.get(k, 'absent')}" for k in wrong]
        raise VerdictError(
            f"silver.slv_orders: {len(wrong)} of {len(keys)} keys differ from the ledger",
            where="\n".join(shown[:5]),
            not_done="The demo stops here; the tables stay as they are.",
            next_command="tidegate status",
        )


def _same(subject: str, wanted: object, found: object) -> None:
    if wanted != found:
        raise VerdictError(
            f"{subject}: the ledger says {wanted}, the table says {found}",
            not_done="The demo stops here; the tables stay as they are.",
            next_command="tidegate status",
        )
