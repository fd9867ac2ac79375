"""Other sinks' layouts: names, declarations, refused changes, and where Tidegate's sink takes over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from metastore_sync import adopt, layout_plan
from metastore_sync.hand_over import HandOver
from metastore_sync.layout import Landing, Layout, topic_uuid
from metastore_sync.layout_names import Kind, Name, mistake_in, names_of
from metastore_sync.model import Dataset, Mode
from metastore_sync.settings import Settings

CONFLUENT = Landing.of({"layout": "confluent"})
AIVEN = Landing.of({"layout": "aiven"})
DATASET = Dataset(name="orders", kafka_topic="orders", mode=Mode.APPEND, owner="web")


def in_folders(start: str) -> Landing:
    template = f"{{{{topic}}}}/{{{{partition}}}}/{{{{{start}}}}}"
    return replace(AIVEN, file_name_template=template)


@pytest.mark.parametrize(
    ("landing", "key", "partition", "start"),
    [
        (CONFLUENT, "topics/a.b/partition=0/a.b+0+0000000007.json", 0, 7),
        (CONFLUENT, "topics/a.b/year=2026/month=11/a.b+12+10000000000.json.gz", 12, 10**10),
        (AIVEN, "a.b-3-42", 3, 42),
        (AIVEN, "a.b-3-42.gz", 3, 42),
        (replace(AIVEN, prefix="x/{{topic}}/"), "x/a.b/a.b-3-42.zst", 3, 42),
        (in_folders("start_offset:padding=true"), "a.b/3/00000000000000000042", 3, 42),
    ],
)
def test_a_name_says_partition_and_offset(landing: Landing, key: str, partition: int, start: int) -> None:
    found = names_of(landing, "a.b").read(key)

    assert found == Name(kind=Kind.RECORDS, partition=partition, start=start)


@pytest.mark.parametrize(
    ("landing", "key", "kind"),
    [
        (CONFLUENT, "topics/a.b/partition=0/a.b+0+0000000007.keys.json.gz", Kind.SIBLING),
        (CONFLUENT, "topics/a.b/partition=0/a.b+0+0000000007.headers.avro", Kind.SIBLING),
        (CONFLUENT, "topics/a.b/partition=0/a.b+0+0000000007.snappy.parquet", Kind.REFUSED),
        (CONFLUENT, "topics/a.b/partition=0/a.b+0+0000000007", Kind.REFUSED),
        (CONFLUENT, "topics/a.b/partition=0/axb+0+0000000007.json", Kind.OTHER),
        (CONFLUENT, "topics/a.b/a.b+0+0000000007.json", Kind.OTHER),
        (AIVEN, "a.b-c-3-42", Kind.OTHER),
        (AIVEN, "a.b-3-42.csv", Kind.OTHER),
    ],
)
def test_a_name_that_holds_no_records_says_so(landing: Landing, key: str, kind: Kind) -> None:
    assert names_of(landing, "a.b").read(key).kind is kind


@pytest.mark.parametrize(
    ("landing", "folder", "partition"),
    [
        (CONFLUENT, "partition=3", 3),
        (CONFLUENT, "tombstone", None),
        (CONFLUENT, "year=2026", None),
        (in_folders("start_offset:padding=true"), "3", 3),
        (in_folders("start_offset"), "3", None),
        (AIVEN, "3", None),
    ],
)
def test_only_folders_in_which_names_sort_are_listed_in_part(
    landing: Landing, folder: str, partition: int | None
) -> None:
    assert names_of(landing, "t").partition_of(folder) == partition


def test_where_a_listing_goes_on() -> None:
    confluent, aiven = names_of(CONFLUENT, "t"), names_of(in_folders("start_offset:padding=true"), "t")

    assert confluent.before("partition=3", 3, 42) == "topics/t/partition=3/t+3+0000000042"
    assert confluent.before("partition=3", 3, 10**10) is None, "longer names sort before shorter ones"
    assert aiven.before("3", 3, 42) == "t/3/00000000000000000042"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{topic}}-{{partition}}", "lacks {{start_offset}}"),
        ("{{partition}}-{{start_offset}}", "lacks {{topic}}"),
        ("{{topic}}-{{partition}}-{{start_offset}}-{{utc_date}}", "variable utc_date, which is not known"),
    ],
)
def test_a_template_that_cannot_be_read_is_told(template: str, said: str) -> None:
    assert said in mistake_in(template)


def test_the_id_that_stands_for_a_topics_own_never_changes() -> None:
    """It is a part of every row's identity: another value would load everything again."""
    assert topic_uuid(Layout.CONFLUENT, "orders") == UUID("918f1a55-171b-431e-9d9a-4f3d85e51396")
    assert topic_uuid(Layout.AIVEN, "orders") != topic_uuid(Layout.CONFLUENT, "orders")


def test_another_sinks_connector_may_declare_its_dataset() -> None:
    config = {
        "connector.class": "io.confluent.connect.s3.S3SinkConnector",
        "topics": "orders",
        "s3.bucket.name": "events",
        "dataset.mode": "append",
        "dataset.owner": "web",
        "dataset.landing.layout": "confluent",
        "dataset.landing.bucket": "events",
    }
    settings = Settings(home=Path())

    declared = adopt._declared("confluent-orders", config)

    assert declared is not None
    assert declared["landing"] == {"layout": "confluent", "bucket": "events"}
    assert adopt._misplaced(config, settings) == []
    del config["dataset.landing.layout"], config["dataset.landing.bucket"]
    assert adopt._declared("confluent-orders", config) is None


def test_a_change_that_would_bring_records_twice_is_refused() -> None:
    confluent, aiven = replace(DATASET, landing=CONFLUENT), replace(DATASET, landing=AIVEN)

    assert layout_plan.change_of_layout(confluent, replace(confluent, owner="other")) == []
    assert layout_plan.change_of_layout(confluent, DATASET) == [], "Tidegate's sink takes over"
    for old, new in ((DATASET, confluent), (confluent, aiven)):
        (problem,) = layout_plan.change_of_layout(old, new)
        assert "would bring them again" in problem.fact


def test_taking_over_is_refused_while_records_would_be_lost() -> None:
    found = HandOver(topic_uuid=UUID(int=1), starts={0: 10, 1: 20}, log_starts={0: 10, 1: 25, 2: 5})

    (problem,) = found.problems("orders")

    assert problem.fact == (
        "partition 1: read up to offset 20, but Kafka holds it from 25 on: 5 offsets would be lost"
    )
