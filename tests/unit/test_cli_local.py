"""`tidegate infer` and `diff`: local files in, a schema or a verdict out, no service asked."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path

import pytest

from schema_guard import declared_files, local_files
from schema_guard.core.infer import infer
from schema_guard.core.poison import ErrorType
from schema_guard.core.schema import finalise
from schema_guard.local_files import scan_files
from tidegate.cli import execute

ORDERS = ['{"id": 1, "amount": 10.5, "at": "2026-11-20"}', '{"id": 2, "amount": 7, "note": null}']


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.ndjson"
    path.write_text("\n".join(ORDERS) + "\n")
    return path


FORMS = {
    "--ddl": "`amount` double, `at` string, `id` bigint\n",
    "--dbt": "models:\n  - name: slv_orders\n",
    "--json-schema": '{\n  "$schema": "https://json-schema.org/draft/2020-12/schema"',
    "--json": '{\n  "type": "struct"',
}


@pytest.mark.parametrize("form", FORMS)
def test_infer_writes_what_is_asked_for(form: str, orders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["infer", str(orders), form, "--name", "orders"]) == 0
    assert capsys.readouterr().out.startswith(FORMS[form])


def test_infer_shows_a_row_per_field(orders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["infer", str(orders)]) == 0
    table = capsys.readouterr().out
    for field in ("/amount", "/at", "/id", "/note"):
        assert field in table


def test_gzip_and_standard_input_are_read_alike(
    orders: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = orders.with_suffix(".bin")
    packed.write_bytes(gzip.compress(orders.read_bytes()))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(orders.read_bytes())))

    assert execute(["infer", str(packed), "--ddl"]) == 0
    assert execute(["infer", "-", "--ddl"]) == 0
    assert capsys.readouterr().out == FORMS["--ddl"] * 2


def test_diff_reads_records_in_any_dress(
    orders: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = orders.with_suffix(".ndjson.gz")
    packed.write_bytes(gzip.compress(b"\n".join([*map(str.encode, ORDERS), b'{"id": "x"}', b"[1]"])))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(orders.read_bytes())))

    assert execute(["diff", "-", str(packed)]) == 1
    said = capsys.readouterr()
    assert "TYPE_CHANGED /id" in said.out
    assert f"1 line would be rejected, NOT_OBJECT, first in {packed} line 4" in said.err


def test_a_large_file_is_not_read_whole_to_look_for_a_schema(
    orders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declared_files, "_LARGEST_SCHEMA", 10)
    monkeypatch.setattr(Path, "read_text", lambda path, **_: pytest.fail(f"{path} was read whole"))

    assert execute(["diff", str(orders), str(orders)]) == 0


def test_diff_shows_how_far_it_read(
    orders: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")

    assert execute(["diff", str(orders), str(orders)]) == 0
    assert "reading" in capsys.readouterr().err


def test_a_broken_line_is_named_and_its_neighbours_count(
    orders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    orders.write_bytes(ORDERS[0].encode() + b'\n{"id": \xff}\n\n[1]\n' + ORDERS[1].encode())

    assert execute(["infer", str(orders), "--ddl"]) == 1
    said = capsys.readouterr()
    assert said.out == FORMS["--ddl"]
    assert f"1 line would be rejected, NOT_UTF8, first in {orders} line 2" in said.err
    assert "NOT_OBJECT" in said.err


@pytest.mark.parametrize(
    ("processes", "shelf_bytes"),
    [
        pytest.param(1, 110, id="one_process"),
        pytest.param(2, 110, id="two_processes"),
        pytest.param(2, 1 << 50, id="shared_memory_without_room"),
    ],
)
def test_blocks_and_processes_change_nothing(
    processes: int, shelf_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_files, "BLOCK_BYTES", 64)
    monkeypatch.setattr(local_files, "SHELF_BYTES", shelf_bytes)
    monkeypatch.setattr(local_files, "_CHUNK", 37)
    records = [{"id": n, "text": "x" * (n % 90), "odd": n % 2 or None} for n in range(200)]
    path = tmp_path / "many.ndjson"
    path.write_text("\n".join(json.dumps(record) for record in records))

    found = scan_files([str(path)], processes=processes)

    assert finalise(found.inference).fingerprint == finalise(infer(records)).fingerprint
    assert found.inference.records == len(records)
    assert found.inference.root.children["id"].integers.last.offset == len(records)  # type: ignore[union-attr]


def test_a_line_too_long_to_hold_is_skipped_in_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_files, "MAX_RECORD_BYTES", 1000)
    monkeypatch.setattr(local_files, "_CHUNK", 300)
    path = tmp_path / "long.ndjson"
    path.write_text(f'{{"id": 1}}\n{{"text": "{"x" * 5000}"}}\n{{"id": 3}}\n')

    found = scan_files([str(path)])

    assert found.inference.records == 2
    assert [(r.line, r.error_type) for r in found.rejected] == [(2, ErrorType.TOO_LARGE)]
    assert found.inference.root.children["id"].integers.last.offset == 3  # type: ignore[union-attr]


MISTAKES = [
    (["infer", "nowhere.ndjson"], "nowhere.ndjson: no such file"),
    (["infer", "{orders}", "--ddl", "--dbt"], "only one of --ddl and --dbt"),
    (["diff", "{orders}", "nowhere.json"], "nowhere.json: no such file"),
    (["diff", "{orders}", "{orders}", "--mode", "sideways"], "--mode sideways: no such value"),
    (["diff", "{orders}", "{orders}", "--target", "paper"], "--target paper: no such value"),
    (["diff", "{orders}", "{wrong}"], "no JSON Schema (2020-12): /properties/a/type: "),
    (["diff", "-", "-"], "- is given twice"),
    (["infer", "{torn}"], "cannot be read: the stream ends too early"),
]


@pytest.mark.parametrize(("words", "said"), MISTAKES)
def test_mistakes_say_what_to_type(
    words: list[str], said: str, orders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong, torn = orders.with_name("wrong.json"), orders.with_name("torn.gz")
    wrong.write_text('{"properties": {"a": {"type": "text"}}}')
    torn.write_bytes(gzip.compress(orders.read_bytes())[:-12])
    given = [word.format(orders=orders, wrong=wrong, torn=torn) for word in words]

    assert execute(given) == 64
    told = capsys.readouterr().err
    assert said in told
    assert "Next: " in told


def test_diff_tells_what_breaks_and_for_whom(orders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    declared = orders.with_name("v2.json")
    declared.write_text(json.dumps({"required": ["id"], "properties": {"id": {"type": "string"}}}))

    assert execute(["diff", str(orders), str(declared), "--mode", "full"]) == 1
    said = capsys.readouterr().out
    assert f"forward: readers of {orders}, records of {declared}: BREAKING" in said
    assert "BREAKING TYPE_CHANGED /id: bigint -> string" in said
    assert "BREAKING FIELD_REMOVED /amount" in said

    assert execute(["diff", str(orders), str(orders), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found == {"direction": "forward", "verdict": "NONE", "findings": []}


def test_what_infer_wrote_is_read_again(orders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    execute(["infer", str(orders), "--json"])
    kept = orders.with_name("orders.json")
    kept.write_text(capsys.readouterr().out)

    assert execute(["diff", str(kept), str(orders), "--mode", "full"]) == 0
