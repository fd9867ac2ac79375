"""Record lines are read as their contract says."""

from __future__ import annotations

import base64
import json

import msgspec
import pytest

from metastore_sync.settings import PROJECT
from schema_guard import records
from schema_guard.lines import SkippedLine

FOLDER = PROJECT / "docs" / "contracts" / "examples" / "record-line"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.pass.json")), ids=lambda path: path.stem)
def test_the_contracts_examples_can_be_read(path):
    document = json.loads(path.read_text())

    record = records.decode(json.dumps(document))

    assert (record.partition, record.offset) == (document["partition"], document["offset"])
    assert record.value == document.get("value")
    assert record.is_tombstone is (document.get("value", "") is None)


def test_bytes_that_are_no_text_keep_their_form():
    line = b'{"partition":0,"offset":1,"key_base64":"/w==","value_base64":"/wA="}'

    record = records.decode(line)

    assert record.key_text == "base64:/w=="
    assert record.payload == base64.b64decode("/wA=")
    assert not record.is_tombstone


def test_a_nested_value_is_no_record_line():
    with pytest.raises(msgspec.ValidationError):
        records.decode(b'{"partition":0,"offset":1,"value":{"id":1}}')


def test_the_start_of_a_line_tells_whose_it_is():
    head = b'{"topic":"orders","partition":12,"offset":345,"timestamp":1'

    assert records.identity_of(SkippedLine(head)) == (12, 345)
    assert records.identity_of(SkippedLine(b"garbage")) is None
