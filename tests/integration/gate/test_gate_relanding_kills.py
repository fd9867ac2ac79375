"""Re-landing killed at every write, and run twice at once, doubles nothing and loses nothing."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol

import pytest

from metastore_sync import object_store
from metastore_sync.errors import BrokenError
from metastore_sync.layout import Landing, Layout, Newest
from metastore_sync.model import Dataset, Mode
from metastore_sync.settings import Settings
from schema_guard.chains import Link, open_chains
from schema_guard.edges.s3 import Store
from schema_guard.relanding import reland, writer


class World(Protocol):
    settings: Settings
    client: Any

    def put(self, key: str, body: bytes) -> None: ...


class KilledError(BaseException):
    """No code of ours catches it, like a signal."""


@contextmanager
def kill(monkeypatch: pytest.MonkeyPatch, event: str, number: int) -> Iterator[Counter[str]]:
    """Raise at the given write request: before it is sent, or when it took effect and the reply is lost."""
    seen: Counter[str] = Counter()
    real = object_store.client

    def hooked(**_: object) -> None:
        seen[event] += 1
        if seen[event] == number:
            raise KilledError

    def client(settings: Settings, **how: Any) -> Any:
        made = real(settings, **how)
        made.meta.events.register(f"{event}.s3.PutObject", hooked)
        return made

    with monkeypatch.context() as patch:
        patch.setattr(object_store, "shared", client)
        yield seen


def topic_with_objects(world: World, topic: str) -> Dataset:
    """Put 9 records: 5 in one object (three landed objects), a second attempt of 2 of them, and 4 more."""
    folder = f"topics/{topic}/partition=0/{topic}+0+"
    for start, end in ((0, 5), (3, 5), (5, 9)):
        lines = b"".join(b'{"id":%d}\n' % number for number in range(start, end))
        world.put(f"{folder}{start:010d}.json", lines)
    landing = Landing(layout=Layout.CONFLUENT, prefix="topics/", newest=Newest.READ)
    return Dataset(name=topic, kafka_topic=topic, mode=Mode.APPEND, owner="web", landing=landing)


def landed(world: World, topic: str) -> list[tuple[int, str]]:
    """Return offset and value of every record under a manifest, repeats included."""
    store, found = Store(world.settings), []
    for chain in open_chains(store, topic, ()):
        for link in chain:
            assert isinstance(link, Link)
            assert not link.manifest.may_have_lost
            stored = store.stream(
                link.manifest.data_key,
                sha256=link.manifest.sha256,
                size=link.manifest.bytes,
                dataset=topic,
            )
            for line in gzip.decompress(b"".join(stored)).splitlines():
                record = json.loads(line)
                found.append((record["offset"], record["value"]))
    return found


EXPECTED = [(number, f'{{"id":{number}}}') for number in range(9)]


@pytest.mark.parametrize("event", ["before-send", "after-call"])
def test_a_kill_at_any_write_is_made_good_by_the_next_run(
    event: str, raw_zone: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MAX_RECORDS", 2)
    writes = 0
    for number in range(1, 100):
        topic = f"kill_{number}"
        dataset = topic_with_objects(raw_zone, topic)
        with kill(monkeypatch, event, number) as seen:
            try:
                reland(raw_zone.settings, dataset)
            except KilledError:
                pass
            else:
                writes = seen[event]
                break
        killed = landed(raw_zone, topic)
        assert killed == EXPECTED[: len(killed)], "what is under manifests is a part of the whole"

        reland(raw_zone.settings, dataset)

        assert landed(raw_zone, topic) == EXPECTED
        assert reland(raw_zone.settings, dataset).objects == 0
    # Five landed objects with a manifest each, and the two notes.
    assert writes == 12


def test_two_runs_at_once_leave_one_chain(raw_zone: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_RECORDS", 1)
    dataset = topic_with_objects(raw_zone, "race")

    def attempt(_: int) -> None:
        try:
            reland(raw_zone.settings, dataset)
        except BrokenError as lost:
            assert "first" in lost.fact  # noqa: PT017  either outcome is fine, another error is not

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(attempt, range(4)))

    reland(raw_zone.settings, dataset)
    assert landed(raw_zone, "race") == EXPECTED


def test_a_name_that_a_store_shows_while_it_writes_a_manifest_is_none(raw_zone: World) -> None:
    lines = b"".join(b'{"id":%d}\n' % number for number in range(5))
    raw_zone.put("topics/half/partition=0/half+0+0000000000.json", lines)
    landing = Landing(layout=Layout.CONFLUENT, prefix="topics/", newest=Newest.READ)
    first = Dataset(name="half", kafka_topic="half", mode=Mode.APPEND, owner="web", landing=landing)
    reland(raw_zone.settings, first)
    manifest = next(k for k in Store(raw_zone.settings).keys("", "") if k.endswith(f"{0:020d}.json"))
    raw_zone.put(f"{manifest}-279e0fd7-6b12-4991-8b11-daa8961f88af", b"{")

    reland(raw_zone.settings, topic_with_objects(raw_zone, "half"))

    assert landed(raw_zone, "half") == EXPECTED


def test_the_listing_goes_on_where_it_was_read(raw_zone: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of one partition, objects behind the remembered ones are not listed again."""
    from schema_guard.relanding import tail  # noqa: PLC0415

    monkeypatch.setattr(tail, "REMEMBERED", 2)
    dataset = topic_with_objects(raw_zone, "long")
    reland(raw_zone.settings, dataset)
    listed = listed_keys(monkeypatch, lambda: reland(raw_zone.settings, dataset))
    assert listed == {f"topics/long/partition=0/long+0+{start:010d}.json" for start in (3, 5)}


def listed_keys(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> set[str]:
    found: set[str] = set()
    real = object_store.client

    def client(settings: Settings, **how: Any) -> Any:
        made = real(settings, **how)

        def note(parsed: dict[str, Any], **_: object) -> None:
            found.update(entry["Key"] for entry in parsed.get("Contents", ()))

        made.meta.events.register("after-call.s3.ListObjectsV2", note)
        return made

    with monkeypatch.context() as patch:
        patch.setattr(object_store, "client", client)
        act()
    return {key for key in found if key.startswith("topics/")}
