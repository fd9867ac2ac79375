"""A dataset with a contract: what its batches may be, and what a decision about them means."""

from __future__ import annotations

import json

import pytest

from lakehouse import steps
from metastore_sync import registry
from metastore_sync.errors import BlockedError, UsageError
from schema_guard import sample
from schema_guard.check import check
from schema_guard.decide import approve, reject
from schema_guard.report import render
from tidegate.cli import execute

CONTRACT = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "zip": {"type": "string"}, "note": {"type": "string"}},
    "additionalProperties": False,
}
WHY = "agreed with the shop team"


def told(report):
    return [f"{f['code']} {f['severity']} {f['pointer']}" for f in report.findings if f["severity"] != "INFO"]


def rejected(world):
    return world.rows('select error_type, error_message from registry.rejected_record order by "offset"')


def active(world):
    return world.rows("select version, ddl from registry.schema_version where status = 'ACTIVE'")


def test_a_first_batch_that_breaks_the_contract_is_blocked(world):
    world.declare(contract=CONTRACT)
    world.land({"id": 1, "zip": "N1"}, {"id": 2, "zip": 10115})

    (report,) = check(world.settings, "orders")

    assert (report.status, report.verdict) == ("BLOCKED", "BREAKING")
    assert "TYPE_CHANGED BREAKING /zip" in told(report)
    assert "change the contract, or approve this batch" in render(report).lower()
    assert check(world.settings, "orders")[0].findings == report.findings


def test_rejecting_a_first_batch_makes_a_version_of_what_keeps_the_contract(world):
    world.declare(contract=CONTRACT)
    world.land({"id": 1, "zip": "N1"}, {"id": 2, "zip": 10115}, {"id": 3, "zap": 1}, {"zip": "N1"})
    check(world.settings, "orders")

    decision = reject(world.settings, "orders", 1, "ann", WHY)

    assert (decision.schema_version, decision.rejected_count) == (2, 3)
    assert active(world) == [{"version": 2, "ddl": "`id` bigint, `zip` string"}]
    assert [row["error_message"] for row in rejected(world)] == [
        "breaks the contract at /zip",
        "breaks the contract at /zap",
        "breaks the contract at /id",
    ]
    world.land({"id": 5, "zip": "SW1"})
    assert check(world.settings, "orders")[0].status == "ADMITTED"


def test_an_approval_holds_for_its_batch_alone(world):
    world.declare(contract=CONTRACT)
    world.land({"id": 1, "zip": "N1"}, {"id": 2, "zip": 10115})
    check(world.settings, "orders")
    approve(world.settings, "orders", 1, "ann", WHY)
    world.land({"id": 3, "zip": 10115})

    (again,) = check(world.settings, "orders")

    assert (again.status, again.schema_version) == ("BLOCKED", 1)
    assert told(again) == ["TYPE_CHANGED BREAKING /zip"]
    approve(world.settings, "orders", 1, "ann", WHY)
    world.declare(contract={**CONTRACT, "properties": {**CONTRACT["properties"], "zip": {}}})
    world.land({"id": 4, "zip": 10115})
    assert check(world.settings, "orders")[0].status == "ADMITTED"


def test_policy_rejects_the_records_instead(world):
    world.declare(contract=CONTRACT, policy={"TYPE_CHANGED": "reject_records"})
    world.land({"id": 1, "zip": "N1"}, {"id": 2, "zip": 10115})

    (report,) = check(world.settings, "orders")

    assert (report.status, report.verdict, report.rejected_count) == ("ADMITTED", "INITIAL", 1)
    assert rejected(world) == [{"error_type": "MISFIT", "error_message": "breaks the contract at /zip"}]
    assert active(world)[0]["ddl"] == "`id` bigint, `zip` string"


def test_what_keeps_the_contract_is_judged_as_ever(world):
    world.declare(contract=CONTRACT)
    world.land({"id": 1})
    (first,) = check(world.settings, "orders")
    world.land({"id": 2, "note": "x"})

    (second,) = check(world.settings, "orders")

    assert (first.verdict, second.verdict) == ("INITIAL", "NON_BREAKING")


def test_a_dry_run_tells_the_same(world):
    world.declare(contract=CONTRACT, policy={"TYPE_CHANGED": "reject_records"})
    lines = ['{"id": 1, "zip": 10115}', '{"id": 2}']
    with registry.connect(world.settings) as conn:
        dataset = registry.dataset(conn, "orders").dataset

    found = sample.judge(dataset, None, None, [*lines, '{"id": 3, "more": 1}'])
    rest = sample.judge(dataset, None, None, lines)

    assert (found.verdict, found.exit_code) == ("BREAKING", 1)
    assert [(line.line, line.message) for line in rest.rejected] == [(1, "breaks the contract at /zip")]
    assert rest.verdict == "INITIAL"


def test_a_contract_that_cannot_be_read_names_its_place(world):
    world.declare(contract={"properties": {"id": {"$ref": "other.json"}}})
    world.land({"id": 1})

    with pytest.raises(UsageError, match=r"orders: its contract cannot be read: /id: \$ref 'other.json'"):
        check(world.settings, "orders")


def test_revisions_show_when_a_contract_changed(world):
    world.declare(contract=CONTRACT)
    world.declare(contract={**CONTRACT, "required": []})
    world.declare(contract={**CONTRACT, "required": []})

    rows = world.rows(
        "select revision, document -> 'contract' ->> 'required' as required"
        " from registry.dataset_revision order by 1"
    )
    assert rows == [{"revision": 1, "required": '["id"]'}, {"revision": 2, "required": "[]"}]


def test_the_command_shows_where_a_contract_stands(world, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TIDEGATE_POSTGRES_DSN", world.settings.postgres_dsn)
    world.declare()
    assert execute(["schema", "contract", "orders"]) == 64
    assert "orders declares no contract" in capsys.readouterr().err

    world.declare(contract=CONTRACT)
    assert execute(["schema", "contract", "orders"]) == 0
    assert "no batch was admitted yet" in capsys.readouterr().err

    world.land({"id": 1, "zip": "N1"})
    check(world.settings, "orders")
    assert execute(["schema", "contract", "orders"]) == 0
    shown = capsys.readouterr().out
    assert "tables of ACTIVE version 1, records of the contract: NON_BREAKING" in shown
    assert "NON_BREAKING FIELD_ADDED /note" in shown
    assert "records like those of ACTIVE version 1, under the contract: NONE" in shown

    newer = {**CONTRACT, "properties": {**CONTRACT["properties"], "zip": {"type": "integer"}}}
    (tmp_path / "v2.json").write_text(json.dumps(newer))
    against = ["schema", "contract", "orders", "--against", str(tmp_path / "v2.json")]
    assert execute(against) == 1
    assert "forward: readers of the contract, records of " in capsys.readouterr().out
    assert execute([*against, "--mode", "sideways"]) == 64

    world.declare(contract=newer)
    capsys.readouterr()
    assert execute(["schema", "contract", "orders", "--json"]) == 1
    told_json = json.loads(capsys.readouterr().out)
    assert told_json["contract"] == newer
    arrived = told_json["against_active"]["arrived"]
    assert [(finding["code"], finding["pointer"]) for finding in arrived] == [("TYPE_CHANGED", "/zip")]


def test_a_step_of_a_run_says_that_the_owner_is_told(world):
    world.declare(contract=CONTRACT)
    world.land({"zip": 1})

    with pytest.raises(BlockedError, match="breaking change"):
        steps.guard(world.settings, "orders")
