"""`tidegate infer --engine spark`: the fingerprint of 200 objects, whoever reads them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from metastore_sync.errors import UsageError
from schema_guard.core.schema import finalise
from schema_guard.scanner import Engine, scanner
from tidegate.cli import execute

OBJECTS, RECORDS = 200, 20


@pytest.fixture
def objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", "--master local[2] --conf spark.ui.enabled=false pyspark-shell")
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    paths = []
    for number in range(OBJECTS):
        records = [
            {"id": number * RECORDS + row, "amount": row / 4, f"only_{number % 7}": row % 2 or "2026-11-20"}
            for row in range(RECORDS)
        ]
        last = '{"id": 1, "id": 2}' if number == 150 else "{}"
        text = "\n".join([*map(json.dumps, records), last]).encode()
        path = tmp_path / f"{number:03d}.ndjson{'.gz' if number % 2 else ''}"
        path.write_bytes(gzip.compress(text) if number % 2 else text)
        paths.append(str(path))
    return paths


def test_spark_finds_the_very_same(objects: list[str]) -> None:
    here = scanner(Engine.LOCAL).scan(objects, lambda _: None)
    there = scanner(Engine.SPARK).scan(objects, lambda _: None)

    assert there.inference == here.inference
    assert finalise(there.inference).fingerprint == finalise(here.inference).fingerprint
    assert there.record_count == OBJECTS * (RECORDS + 1)
    assert there.rejected == here.rejected
    assert [(r.path, r.error_type) for r in there.rejected] == [(objects[150], "DUPLICATE_KEY")]


def test_a_damaged_object_is_named(objects: list[str]) -> None:
    Path(objects[1]).write_bytes(Path(objects[1]).read_bytes()[:-9])

    with pytest.raises(UsageError, match=r"001\.ndjson\.gz: cannot be read"):
        scanner(Engine.SPARK).scan(objects[:3], lambda _: None)


def test_standard_input_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["infer", "-", "--engine", "spark"]) == 64
    assert "standard input" in capsys.readouterr().err
