"""The producer's bytes, back from the raw zone: read plainly, and read as bronze reads them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.faults.bronze_reader import BronzeReader
from tests.faults.conftest import MakeLanding
from tests.faults.hard_records import HardRecord, hard_records
from tests.faults.landed import bytes_of, headers_of
from tests.faults.landing import Landing
from tests.faults.load import Acknowledged
from tests.faults.waiting import until
from tidegate.stack.installation import Installation

RECORDS = hard_records()
BIGGEST = str(4 * 1024 * 1024)
Sent = Callable[[str], Landing]


@pytest.fixture(scope="module")
def bronze(bed: Installation) -> Iterator[BronzeReader]:
    reader = BronzeReader(bed)
    yield reader
    reader.close()


@pytest.fixture
def sent(make_landing: MakeLanding) -> Sent:
    """Land every hard record in one object of the given compression."""

    def send(compression: str) -> Landing:
        landing = make_landing(partitions=1, config={"max.message.bytes": BIGGEST})
        producer = Acknowledged(landing.topic)
        for record in RECORDS:
            producer.send(0, record.key, record.value, record.headers)
        producer.flush()
        landing.start(**{"compression.type": compression, "rotate.records": str(len(RECORDS))})
        until(lambda: landing.vouched() == {0: len(RECORDS)}, "every hard record lands")
        return landing

    return send


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_equal_bytes_come_back(compression: str, sent: Sent, bronze: BronzeReader) -> None:
    landing = sent(compression)
    plain: dict[int, dict[str, Any]] = {}
    as_bronze: dict[int, dict[str, Any]] = {}
    for manifest in landing.landed.manifests():
        plain |= {line["offset"]: line for line in landing.landed.lines(manifest)}
        as_bronze |= {row["kafka_offset"]: row for row in bronze.rows(manifest["data_key"])}

    assert manifest["compression"] == compression
    assert [changed(line, record) for line, record in paired(plain)] == [""] * len(RECORDS)
    assert [changed(row, record) for row, record in paired(as_bronze)] == [""] * len(RECORDS)


def paired(found: dict[int, dict[str, Any]]) -> list[tuple[dict[str, Any], HardRecord]]:
    assert sorted(found) == list(range(len(RECORDS)))
    return [(found[offset], record) for offset, record in enumerate(RECORDS)]


def changed(line: dict[str, Any], record: HardRecord) -> str:
    """Name the record and its field that came back different; empty when none did."""
    fields = {
        "key": bytes_of(line, "key") == record.key,
        "value": bytes_of(line, "value") == record.value,
        "headers": headers_of(line) == list(record.headers),
    }
    wrong = [name for name, is_equal in fields.items() if not is_equal]
    return f"{record.title}: {', '.join(wrong)}" if wrong else ""


def test_the_comparison_notices_a_byte() -> None:
    record = HardRecord("one", b"k", b"\xff", (("h", None),))
    line = {"key": "k", "value_base64": base64.b64encode(b"\xff").decode(), "headers": [["h", None]]}

    assert changed(line, record) == ""
    assert changed({**line, "value_base64": None, "value": "ÿ"}, record) == "one: value"
    assert changed({**line, "headers": [["h", ""]]}, record) == "one: headers"
