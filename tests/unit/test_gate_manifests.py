"""Manifests are read as their contract says, and decide what may be lost."""

from __future__ import annotations

import json

import pytest

from metastore_sync.errors import BrokenError
from metastore_sync.settings import PROJECT
from schema_guard.manifests import from_document, key_of

EXAMPLES = sorted((PROJECT / "docs" / "contracts" / "examples" / "manifest").glob("*.pass.json"))
DOCUMENT = {
    "manifest_version": 1,
    "data_key": "orders/date=2026-11-20/x.jsonl.gz",
    "topic_id": "0a1b2c3d",
    "partition": 0,
    "expected_offset": 10,
    "chain_start_offset": 0,
    "first_offset": 10,
    "last_offset": 19,
    "record_count": 10,
    "bytes": 1,
    "sha256": "0" * 64,
    "compression": "gzip",
    "landed_at": "2026-11-20T10:00:00.000Z",
    "contiguous_read": False,
}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_contracts_examples_can_be_read(path):
    document = json.loads(path.read_text())

    manifest = from_document(path.name, document)

    assert manifest.next_offset == document["last_offset"] + 1


@pytest.mark.parametrize(
    ("changes", "may_have_lost"),
    [
        ({}, False),
        ({"first_offset": 12, "record_count": 8}, True),
        ({"first_offset": 12, "record_count": 8, "contiguous_read": True}, False),
        ({"first_offset": 12, "record_count": 8, "chain_start_offset": 12}, False),
        ({"record_count": 9}, True),
        ({"record_count": 9, "contiguous_read": True}, False),
        ({"record_count": 9, "errant_records": 1}, False),
        ({"record_count": 8, "errant_records": 1}, True),
    ],
)
def test_only_offsets_that_kafka_may_have_held_are_a_loss(changes, may_have_lost):
    assert from_document("key", {**DOCUMENT, **changes}).may_have_lost is may_have_lost


@pytest.mark.parametrize(
    "changes", [{"manifest_version": 2}, {"bytes": None}, {"compression": "zstd"}, {"landed_at": 5}]
)
def test_a_manifest_of_another_kind_is_refused_by_its_key(changes):
    with pytest.raises(BrokenError, match="does not follow its contract") as error:
        from_document("orders/_manifest/0a1b2c3d/0/1.json", {**DOCUMENT, **changes})

    assert "orders/_manifest/0a1b2c3d/0/1.json" in str(error.value)


def test_a_manifest_is_found_by_its_place_in_the_chain():
    key = key_of("orders", "0a1b2c3d", 3, 42)

    assert key == "orders/_manifest/0a1b2c3d/3/00000000000000000042.json"
