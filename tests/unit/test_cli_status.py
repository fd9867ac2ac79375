"""From what is seen of a dataset to its state, its numbers, and the forms they are read in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from ruamel.yaml import YAML

from metastore_sync.captured import Slot
from metastore_sync.layout import Landing
from metastore_sync.model import Action, Dataset, DatasetState, Mode, Source, Start
from schema_guard.accepted import AcceptedGap, GapKind
from schema_guard.gaps import Gap
from tidegate import metrics, status
from tidegate.cli import landing_lines
from tidegate.facts import lake
from tidegate.facts.model import (
    Blocked,
    ConnectorFact,
    DatasetFact,
    Facts,
    LandingFact,
    ObjectFact,
    ReceiptFact,
    RegistryFact,
    SlotFact,
    StateChange,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SNAPSHOT = datetime(2026, 11, 20, 12, tzinfo=UTC)
CASES: dict[str, dict[str, Any]] = YAML(typ="safe").load(
    Path(__file__).parents[1] / "cases" / "status" / "states.yml"
)
FINDING = {"severity": "BREAKING", "pointer": "/qty", "old": "bigint", "new": "string"}
DATASET = Dataset(name="orders", kafka_topic="orders", mode=Mode.UPSERT, owner="shop", pk_fields=("id",))


def seen(**case: Any) -> Facts:
    """Return what a case describes; everything it does not name is healthy."""
    away = case.get("away", "")
    fact = DatasetFact(
        dataset=replace(
            DATASET,
            policy=_policy(case),
            landing=Landing.of({"layout": case.get("layout", "tidegate")}),
        ),
        state=DatasetState(case.get("dataset_state", "OK")),
        source=Source(case.get("source", "file")),
        registry=None if away == "registry" else _registry(case),
        landing=_landing(case) if away not in {"registry", "store"} else None,
        landing_wrong=case.get("landing_wrong", ""),
        kafka_ends=None if away == "kafka" else {0: case.get("kafka_end", 1000)},
        kafka_topic_id=case.get("kafka_id", "0a1b2c3d"),
        oldest={0: at} if (at := _ago(case.get("oldest_age"))) else {},
        connector=None if case.get("connector") == "absent" else _connector(case),
        source_connector=_source_connector(case) if "slot" in case else None,
        slot=_slot(case["slot"]) if "slot" in case else None,
    )
    since = SNAPSHOT if away == "registry" else None
    return Facts(at=NOW, datasets=(fact,), away={away: "gone"} if away else {}, snapshot_since=since)


def _policy(case: dict[str, Any]) -> MappingProxyType[str, Action]:
    return MappingProxyType({code: Action(act) for code, act in case.get("policy", {}).items()})


def _gap(given: dict[str, Any]) -> Gap:
    return Gap(
        kind=GapKind(given["kind"]),
        topic_id="0a1b2c3d",
        generation=1,
        partition=0,
        first_offset=given["first"],
        last_offset=given["last"],
        missing=given["last"] - given["first"] + 1,
        fact=given["fact"],
    )


LOSS = AcceptedGap(
    topic_id="0a1b2c3d",
    partition=0,
    kind=GapKind.RETENTION_LOSS,
    first_offset=3,
    last_offset=4,
    data_key=None,
    batch_id=None,
    record_count=0,
    rejected_count=0,
    content_hash=0,
    actor="ada",
    why="retention",
    at=NOW,
)


def _registry(case: dict[str, Any]) -> RegistryFact:
    blocked = Blocked(
        batch_id=9,
        schema_version=case.get("blocked_version", 0),
        record_count=40,
        since=NOW,
        landed_at=NOW - timedelta(minutes=1),
        findings=(FINDING,),
    )
    return RegistryFact(
        active_version=3,
        blocked=blocked if "blocked_version" in case else None,
        batch_id=8,
        batches=case.get("batches", 8),
        records=case.get("records", 1000),
        rejected=2,
        newest_records=100,
        landed_at=NOW - timedelta(seconds=60),
        unproven_records=case.get("unproven", 0),
        unproven_since=_ago(case.get("unproven_age")),
        receipt=ReceiptFact(
            batch_id=8,
            created_at=NOW - timedelta(seconds=10),
            red_batch=case.get("red_batch"),
            mismatch=case.get("mismatch", ""),
        ),
        watermark=NOW - timedelta(minutes=5),
        accepted=(LOSS,) * case.get("accepted", 0),
        changed=StateChange(**case["changed"], at=NOW) if "changed" in case else None,
    )


def _landing(case: dict[str, Any]) -> LandingFact:
    return LandingFact(
        offsets={0: 1000},
        waiting=case.get("waiting", 0),
        waiting_since=_ago(case.get("waiting_age")),
        gaps=tuple(_gap(given) for given in case.get("gaps", ())),
        topic_id=case.get("landed_id", "0a1b2c3d"),
        generation=1,
        delivery="exactly-once",
        last_object=ObjectFact(key="orders/date=2026-11-21/o.jsonl.gz", records=10, landed_at=NOW),
        newest_record={0: NOW - timedelta(seconds=90)},
    )


def _connector(case: dict[str, Any]) -> ConnectorFact:
    tasks = tuple(case.get("tasks", ["RUNNING"]))
    return ConnectorFact(
        name="tidegate-orders",
        state=case.get("connector_state", "RUNNING"),
        tasks=tasks,
        cause=case.get("cause", ""),
        causes=case.get("causes", {}),
    )


def _source_connector(case: dict[str, Any]) -> ConnectorFact:
    tasks = tuple(case.get("source_tasks", ["RUNNING"]))
    return ConnectorFact(name="tidegate-orders-source", state="RUNNING", tasks=tasks)


def _slot(case: dict[str, Any] | str) -> SlotFact:
    if isinstance(case, str):
        return SlotFact(wrong="orders: the database of its table cannot be asked")
    well = {"is_active": True, "wal_status": "reserved", "retained_bytes": 0, "safe_bytes": None}
    return SlotFact(slot=Slot(name="tidegate_orders", behind_bytes=0, **{**well, **case}))


def _ago(seconds: int | None) -> datetime | None:
    return None if seconds is None else NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize("name", list(CASES))
def test_state(name: str) -> None:
    """Every case of states.yml: the state, the reason, the next command."""
    case = CASES[name]

    (found,) = status.judge(seen(**case["seen"])).datasets

    assert (case["state"], case["next"]) == (found.state.value, found.next_command), case["why"]
    assert case["reason"] in found.reason


LAGS: dict[str, dict[str, Any]] = YAML(typ="safe").load(
    Path(__file__).parents[1] / "cases" / "status" / "lags.yml"
)
LINES: dict[str, dict[str, Any]] = YAML(typ="safe").load(
    Path(__file__).parents[1] / "cases" / "status" / "landing_lines.yml"
)


@pytest.mark.parametrize("name", list(LAGS))
def test_lag(name: str) -> None:
    """Every case of lags.yml: records, seconds, and whether the seconds are only a bound."""
    case = LAGS[name]

    (found,) = status.judge(seen(**case["seen"])).datasets
    (lag,) = found.landing.partitions

    assert (case["records"], case["seconds"], case["is_bound"]) == (
        lag.records,
        lag.seconds,
        lag.is_bound,
    ), case["why"]


@pytest.mark.parametrize("name", list(LINES))
def test_landing_lines(name: str) -> None:
    """Every case of landing_lines.yml: what a terminal shows of how a dataset lands."""
    (found,) = status.judge(seen(**LINES[name]["seen"])).datasets

    shown = list(landing_lines.lines(found, NOW))

    missing = [line for line in LINES[name]["lines"] if line not in shown]
    assert missing == [], shown


def test_waiting_counts_each_landed_record_without_proof_once() -> None:
    """Not judged, blocked and unproven records add up; the oldest of all gives the lag."""
    facts = seen(blocked_version=4, waiting=20, waiting_age=300, unproven=5, unproven_age=600)

    (found,) = status.judge(facts).datasets

    assert (found.waiting, found.lag_seconds) == (65, 600.0)


def test_records_in_kafka_are_counted_apart() -> None:
    """`not_landed` is the topic's end less what has landed."""
    (found,) = status.judge(seen(kafka_end=1007)).datasets

    assert found.not_landed == 7


def test_not_landed_is_unknown_before_a_latest_dataset_begins() -> None:
    """With start latest and no object yet, nobody knows where landing will begin."""
    facts = seen()
    (fact,) = facts.datasets
    late = replace(fact, dataset=replace(DATASET, start=Start.LATEST), landing=LandingFact(offsets={}))

    (found,) = status.judge(replace(facts, datasets=(late,))).datasets

    assert found.not_landed is None


def test_worst_comes_first() -> None:
    """The page and the table begin with what needs a person."""
    facts = [seen(dataset_state="PAUSED"), seen(), seen(blocked_version=4)]
    joined = replace(facts[0], datasets=tuple(fact.datasets[0] for fact in facts))

    states = [entry.state.value for entry in status.judge(joined).datasets]

    assert states == ["BLOCKED", "OK", "PAUSED"]


def test_metrics_json_has_exactly_the_agreed_keys() -> None:
    """One object per dataset and phase; the newest batch took 50 s from landing to receipt."""
    objects = metrics.phases(status.judge(seen()))

    assert [(entry["pipeline"], entry["phase"]) for entry in objects] == [
        ("orders", "land"),
        ("orders", "load"),
    ]
    assert objects[1] == {
        "pipeline": "orders",
        "phase": "load",
        "timestamp": "2026-11-21T12:00:00+00:00",
        "records_ingested": 1000,
        "lag_seconds": 0.0,
        "last_commit": "2026-11-21T11:59:50+00:00",
        "commit_latency_seconds": 50.0,
        "records_per_second": 2.0,
        "error_count": 0,
    }


@pytest.mark.parametrize(("case", "value"), [({}, 0), ({"blocked_version": 4}, 1)])
def test_prometheus_tells_a_breaking_change(case: dict[str, Any], value: int) -> None:
    """The gauge that alerts hang on."""
    text = metrics.text(status.judge(seen(**case))).decode()

    assert f'breaking_schema_change{{dataset="orders"}} {value}.0' in text


def test_prometheus_tells_what_a_slot_retains() -> None:
    """The gauges that alerts hang on; a dataset without a slot has none of them."""
    text = metrics.text(status.judge(seen(slot={"retained_bytes": 5, "wal_status": "lost"}))).decode()

    assert 'tidegate_slot_retained_bytes{dataset="orders"} 5.0' in text
    assert 'tidegate_slot_lost{dataset="orders"} 1.0' in text
    assert "tidegate_slot_lost{" not in metrics.text(status.judge(seen())).decode()


def test_prometheus_leaves_out_what_is_not_known() -> None:
    """With the registry away there is no lag to tell: 0 would be a lie."""
    text = metrics.text(status.judge(seen(away="registry"))).decode()

    assert 'tidegate_lag_seconds{dataset="orders",phase="load"}' not in text
    assert 'tidegate_part_away{part="registry"} 1.0' in text


def test_status_json_is_plain() -> None:
    """Times are ISO 8601, states are words."""
    document = status.judge(seen()).to_json()

    assert document["at"] == "2026-11-21T12:00:00+00:00"
    assert document["datasets"][0]["state"] == "OK"


def test_compaction_does_not_make_a_table_fresh() -> None:
    """A rewrite of files (operation replace) is passed over on the way to the newest data."""
    metadata = {
        "current-snapshot-id": 3,
        "snapshots": [
            {"snapshot-id": 1, "timestamp-ms": 1000, "summary": {"operation": "append"}},
            {
                "snapshot-id": 2,
                "parent-snapshot-id": 1,
                "timestamp-ms": 2000,
                "summary": {"operation": "overwrite"},
            },
            {
                "snapshot-id": 3,
                "parent-snapshot-id": 2,
                "timestamp-ms": 3000,
                "summary": {"operation": "replace"},
            },
        ],
    }

    assert datetime.fromtimestamp(2, UTC) == lake.newest_change(metadata)
