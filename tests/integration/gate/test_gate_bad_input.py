"""Objects and manifests that are not what they should be: a clear error or a rejected record."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from metastore_sync.errors import BrokenError
from metastore_sync.settings import PROJECT
from schema_guard.check import check
from schema_guard.report import Status

CASES = yaml.safe_load((PROJECT / "tests/cases/bad_input/objects.yml").read_text())
#: 32 MiB of a line's text and its copies, the rest for what the scan itself needs.
MEMORY_BYTES = 64 << 20


@dataclass
class Landed:
    """An object and its manifest, with the bytes that were right."""

    world: object
    data_key: str
    manifest_key: str
    data: bytes
    manifest: bytes

    def restore(self):
        self.world.put(self.data_key, self.data)
        self.world.put(self.manifest_key, self.manifest)


@pytest.fixture
def landed(orders):
    """Give a dataset with a first batch, behind which an object of two records has landed."""
    orders.land({"id": 0})
    check(orders.settings, "orders")
    data_key = orders.land({"id": 1}, {"id": 2})
    manifest_key = orders.manifest_key("0a1b2c3d", 0, 1)
    bucket = orders.settings.raw_bucket
    data, manifest = (
        orders.client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in (data_key, manifest_key)
    )
    return Landed(orders, data_key, manifest_key, data, manifest)


def damage(landed, case):
    """Make of the object what the case says."""
    stored = _stored(landed, case)
    manifest = json.loads(landed.manifest) | case.get("manifest", {})
    if case.get("honest") or "lines" in case:
        manifest |= {"bytes": len(stored), "sha256": hashlib.sha256(stored).hexdigest()}
    text = case.get("manifest_text", json.dumps(manifest))
    landed.world.put(landed.manifest_key, b"[" * 100_000 if text == "DEEP" else text.encode())
    landed.world.put(landed.data_key, stored)
    if case.get("stored") == "gone":
        landed.world.remove(landed.data_key)
    for key in case.get("strays", ()):
        landed.world.put(key, b"something")


def _stored(landed, case):
    text = gzip.decompress(landed.data)
    records = text.decode().splitlines()
    if "lines" in case:
        end = case.get("ends", "\n").encode()
        return gzip.compress(b"".join(_line(line, records) + end for line in case["lines"]))
    return {
        "another object": gzip.compress(text.replace(b'\\"id\\": 1', b'\\"id\\": 9')),
        "half": landed.data[: len(landed.data) // 2],
        "nothing": b"",
        "text": text,
        "two members": b"".join(gzip.compress(line.encode() + b"\n") for line in records),
        "no last line end": gzip.compress(text.rstrip(b"\n")),
    }.get(case.get("stored"), landed.data)


def _line(line, records):
    name, _, timestamp = line.partition(" with timestamp ")
    if name not in {"R1", "R2"}:
        return line.encode("latin-1")
    record = records[int(name[1]) - 1]
    if timestamp:
        record = json.dumps({**json.loads(record), "timestamp": int(timestamp)}, separators=(",", ":"))
    return record.encode()


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "says" in case])
def test_a_damaged_object_is_named_and_nothing_of_it_is_admitted(landed, name):
    case, world = CASES[name], landed.world
    damage(landed, case)
    payments = replace(world, name="payments", ends={})
    payments.declare()
    payments.land({"id": 1})

    with pytest.raises(BrokenError) as told:
        check(world.settings, "orders")

    places = {"data": landed.data_key, "manifest": landed.manifest_key}
    for words in case["says"]:
        assert places.get(words, words) in str(told.value)
    assert "Nothing was admitted." in str(told.value)
    assert told.value.next_command
    assert world.value("select count(*) from registry.batch where dataset = 'orders'") == 1
    # Neighbours are loaded meanwhile, and once it is repaired nothing is lost.
    assert check(world.settings, "payments")[0].status is Status.ADMITTED
    landed.restore()
    world.land({"id": 3})
    assert [(r.status, r.record_count) for r in check(world.settings, "orders")] == [("ADMITTED", 3)]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "admitted" in case])
def test_what_only_looks_strange_is_admitted(landed, name):
    damage(landed, CASES[name])

    [report] = check(landed.world.settings, "orders")

    assert [report.record_count, report.rejected_count] == CASES[name]["admitted"]
    # Whatever the clocks said: what lands next is judged next.
    landed.world.land({"id": 3})
    assert check(landed.world.settings, "orders")[0].record_count == 1
    assert landed.world.value("select sum(record_count) from registry.batch") == 4


_MEASURED = """
import json, resource, sys
from metastore_sync import settings
from schema_guard.check import check
from schema_guard.edges.s3 import Store
found = settings.load()
Store(found).folders("orders/")
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = peak()
[report] = check(found, "orders")
print(json.dumps([report.record_count, report.rejected_count, peak() - before]))
"""


def test_a_line_of_100_mb_is_rejected_in_bounded_memory(orders):
    orders.land({"id": 1}, '{"note":"' + "x" * 100_000_000 + '"}', {"id": 3})
    scanned = subprocess.run(
        [sys.executable, "-c", _MEASURED],
        env=orders.environment(),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(orders.settings.home),
    )

    records, rejected, growth = json.loads(scanned.stdout.splitlines()[-1])
    assert (records, rejected) == (3, 1)
    assert growth < MEMORY_BYTES
    assert orders.rows('select "offset" as at, error_type from registry.rejected_record') == [
        {"at": 1, "error_type": "TOO_LARGE"}
    ]
