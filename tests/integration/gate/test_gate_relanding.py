"""What Confluent's and Aiven's sinks wrote comes over as record lines under manifests; cases as data."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from metastore_sync.errors import TidegateError
from metastore_sync.layout import Landing, topic_uuid
from metastore_sync.model import Dataset, Mode
from metastore_sync.settings import PROJECT, Settings
from schema_guard.chains import Link, open_chains
from schema_guard.edges.s3 import Store
from schema_guard.relanding import Relanded, partition, reland

FOLDER = Path(__file__).parents[2] / "cases" / "layouts"
CASES: dict[str, dict[str, Any]] = {
    f"{path.stem}/{name}": case
    for path in sorted(FOLDER.glob("*.yml"))
    for name, case in YAML(typ="safe").load(path).items()
}


class World(Protocol):
    settings: Settings
    client: Any

    def put(self, key: str, body: bytes) -> None: ...


def dataset_of(world: World, landing: Mapping[str, str]) -> Dataset:
    given = {**landing, "bucket": world.settings.raw_bucket} if "bucket" in landing else dict(landing)
    return Dataset(
        name="orders", kafka_topic="orders", mode=Mode.APPEND, owner="web", landing=Landing.of(given)
    )


def put(world: World, step: Mapping[str, Any]) -> None:
    """Store a step's objects: lines as they are, or compressed, or bytes in hex."""
    for key, lines in step.get("put", {}).items():
        world.put(key, text_of(key, lines))
    for key, lines in step.get("gzip", {}).items():
        world.put(key, gzip.compress(text_of(key, lines)))
    for key, digits in step.get("bytes", {}).items():
        world.put(key, bytes.fromhex(str(digits)))


def text_of(key: str, lines: list[str]) -> bytes:
    """Confluent ends every line, Aiven parts them."""
    end = "\n" if "+" in key and lines else ""
    return ("\n".join(lines) + end).encode()


def chain(world: World, dataset: Dataset) -> dict[int, list[Link]]:
    """Return the chains as the guard follows them."""
    topic_id = topic_uuid(dataset.landing.layout, "orders").hex[:8]
    found: dict[int, list[Link]] = {}
    for links in open_chains(Store(world.settings), "orders", ()):
        for link in links:
            assert isinstance(link, Link), link
            assert link.manifest.topic_id == topic_id
            found.setdefault(link.manifest.partition, []).append(link)
    return found


def lines_of(world: World, links: list[Link]) -> list[str]:
    found: list[str] = []
    for link in links:
        manifest = link.manifest
        stored = Store(world.settings).stream(
            manifest.data_key, sha256=manifest.sha256, size=manifest.bytes, dataset="orders"
        )
        lines = gzip.decompress(b"".join(stored)).decode().split("\n")[:-1]
        assert len(lines) == manifest.record_count
        found += lines
    return found


def landed(world: World, dataset: Dataset) -> dict[int, dict[int, str | None]]:
    return {
        number: {record["offset"]: record["value"] for record in map(json.loads, lines_of(world, links))}
        for number, links in chain(world, dataset).items()
    }


def gaps(world: World, dataset: Dataset) -> dict[int, list[int]]:
    """Return, per partition, where the guard will say that records may be missing."""
    lost = {
        number: [link.manifest.gap_begins for link in links if link.manifest.may_have_lost]
        for number, links in chain(world, dataset).items()
    }
    return {number: begins for number, begins in lost.items() if begins}


@pytest.mark.parametrize("name", list(CASES))
def test_a_layout(name: str, raw_zone: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world, case = raw_zone, CASES[name]
    dataset = dataset_of(world, case["landing"])
    for step in case["steps"]:
        put(world, step)
        monkeypatch.setattr(partition, "SETTLE", timedelta(0 if step.get("settled") else 1))
        if "error" in step:
            with pytest.raises(TidegateError) as raised:
                reland(world.settings, dataset)
            assert re.search(step["error"], raised.value.render())
            continue
        done = reland(world.settings, dataset)
        assert landed(world, dataset) == step["lands"]
        assert gaps(world, dataset) == step.get("gaps", {})
        assert (done.duplicates, done.waiting) == (step.get("duplicates", 0), step.get("waiting", 0))
        told_as_expected(done, step.get("notices", []))
        if "lines" in step:
            assert lines_of(world, chain(world, dataset)[0]) == step["lines"]
        assert reland(world.settings, dataset).records == 0, "a second run brings nothing"
    keeps_the_contracts(world, dataset)


def told_as_expected(done: Relanded, expected: list[str]) -> None:
    assert len(done.notices) == len(expected), done.notices
    for notice, pattern in zip(done.notices, expected, strict=True):
        assert re.search(pattern, notice)


def keeps_the_contracts(world: World, dataset: Dataset) -> None:
    contracts = PROJECT / "docs" / "contracts"
    manifest, line = (
        Draft202012Validator(json.loads((contracts / f"{name}.schema.json").read_text()))
        for name in ("manifest", "record-line")
    )
    store = Store(world.settings)
    for number, links in chain(world, dataset).items():
        topic_id = links[0].manifest.topic_id
        folder = f"orders/_manifest/{topic_id}/{number}/"
        for key in store.keys(folder, folder):
            document = store.document(key)
            manifest.validate(document)
            assert document["delivery"] == "at-least-once"
            assert document["source"]["key"] in {*objects(world)}
        for text in lines_of(world, links):
            line.validate(json.loads(text))


def objects(world: World) -> list[str]:
    listing = world.client.list_objects_v2(Bucket=world.settings.raw_bucket)
    return [entry["Key"] for entry in listing["Contents"]]
