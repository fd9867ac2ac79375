"""What a plan is made of: drift told apart from changes, problems and their page, its text and its JSON."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from metastore_sync import checks, drift, fits, plan_text, settings
from metastore_sync.changes import Change, DatasetPlan, Drift, DriftKind, Plan, Problem, Winner
from metastore_sync.connect_api import ConnectApi, Connector, ConnectorStatus, TaskStatus
from metastore_sync.model import Dataset, DatasetState, Mode, Source
from metastore_sync.plan import declaration_changes
from metastore_sync.problem_codes import WARNINGS, ProblemCode
from metastore_sync.registry import DatasetRow
from metastore_sync.scene import Candidate, Scene
from metastore_sync.settings import Settings
from metastore_sync.topics import Topics
from metastore_sync.traces import causes_of

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = json.loads((ROOT / "docs/contracts/plan.schema.json").read_text(encoding="utf-8"))
DRIFT: dict[str, Any] = YAML(typ="safe").load(ROOT / "tests/cases/plan/drift.yml")
CLICKS = Dataset(name="clicks", kafka_topic="clicks", mode=Mode.APPEND, owner="web")
MISSING = Problem(ProblemCode.TOPIC_MISSING, "topic clicks does not exist", "kafka-topics --create")
IDLE = Problem(ProblemCode.TASKS_IDLE, "tasks.max: 5 tasks for 2 partitions", "edit the file")
BY_HAND = Drift(DriftKind.CONFIG, "rotate.records", "10", "50000", Winner.DECLARATION)


def entry(**changed: Any) -> DatasetPlan:
    plain: dict[str, Any] = {
        "dataset": CLICKS,
        "source": Source.FILE,
        "is_new": False,
        "registry": (),
        "connector": (),
        "connector_name": "tidegate-clicks",
    }
    return DatasetPlan(**{**plain, **changed})


@pytest.mark.parametrize("case", DRIFT.values(), ids=DRIFT)
def test_what_was_done_by_hand_is_told_apart(case: dict[str, Any]) -> None:
    state = case.get("does", "RUNNING")
    status = ConnectorStatus("c", state, (), (TaskStatus(0, state, ()),))
    connector = None if case["running"] is None else Connector(case["running"], status)

    found = drift.compare(case["wanted"], case["applied"], connector, DatasetState(case.get("state", "OK")))

    assert [str(change) for change in found.changes] == case.get("changes", [])
    assert [str(entry) for entry in found.drift] == case.get("drift", [])


def test_the_page_names_every_problem_once_and_which_only_warn() -> None:
    page = (ROOT / "docs/registering.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+) \|$", page, re.MULTILINE))
    named = re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE)

    assert named == list(dict.fromkeys(named))
    assert set(rows) == set(ProblemCode)
    assert {code for code, text in rows.items() if text.startswith("*warning*")} == set(WARNINGS)


def test_the_contract_names_every_problem() -> None:
    assert set(CONTRACT["$defs"]["problem"]["properties"]["code"]["enum"]) == set(ProblemCode)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (entry(), "unchanged"),
        (entry(is_new=True, registry=(Change("name", None, "clicks"),)), "new"),
        (entry(connector=(Change("a", "1", "2"),)), "changed"),
        (entry(drift=(BY_HAND,)), "drifted"),
        (entry(drift=(BY_HAND,), problems=(MISSING,), warnings=(IDLE,)), "refused"),
        (entry(warnings=(IDLE,)), "unchanged"),
    ],
)
def test_the_json_follows_its_contract(found: DatasetPlan, verdict: str) -> None:
    document = json.loads(json.dumps(Plan((found,)).to_json()))

    jsonschema.validate(document, CONTRACT)
    assert document["datasets"][0]["verdict"] == verdict
    assert document["counts"][verdict] == 1


def test_the_text_names_drift_problems_and_counts() -> None:
    drifted = entry(drift=(BY_HAND,), warnings=(IDLE,))
    text = plan_text.render(Plan((drifted, entry(problems=(MISSING,)))))

    assert text.splitlines() == [
        "clicks: drifted",
        "    drift      rotate.records: 10 (Connect) → 50000 (declared); apply restores it",
        "    TASKS_IDLE (warning)  tasks.max: 5 tasks for 2 partitions",
        "    Next: edit the file",
        "clicks: refused",
        "    TOPIC_MISSING  topic clicks does not exist",
        "    Next: kafka-topics --create",
        "0 new, 0 changed, 1 drifted, 0 unchanged, 1 refused",
    ]


def test_who_wins_is_said_both_ways() -> None:
    followed = Drift(DriftKind.CONFIG, "dataset.owner", "shop", "web", Winner.CONNECT)
    assert str(followed) == "dataset.owner: web (registry) → shop (Connect); tidegate sync takes it over"
    assert entry(drift=(followed,)).to_correct == ()


def test_a_change_is_refused_only_once_rows_speak_against_it() -> None:
    keyed = Dataset(name="clicks", kafka_topic="clicks", mode=Mode.UPSERT, owner="web", pk_fields=("id",))
    assert [fact.partition(":")[0] for fact in fits.rebuilds(CLICKS, keyed, 1)] == ["mode", "pk_fields"]
    assert list(fits.rebuilds(CLICKS, keyed, 0)) == []


def test_a_trace_is_told_by_its_causes_in_order() -> None:
    trace = (
        "org.apache.kafka.connect.errors.ConnectException: Exiting WorkerSinkTask\n"
        "\tat org.apache.kafka.connect.runtime.WorkerSinkTask.deliver(WorkerSinkTask.java:633)\n"
        "\tSuppressed: java.io.IOException: closing failed as well\n"
        "\t\tat a.b.C.close(C.java:1)\n"
        "\tCaused by: java.io.IOException: of the closing only\n"
        "Caused by: io.tidegate.connect.s3.core.LandingError$Refused: raw: bucket is missing\n"
        "\tat io.tidegate.connect.s3.store.S3ObjectStore.put(S3ObjectStore.java:61)\n"
        "\t... 12 more\n"
        "Caused by: software.amazon.awssdk.services.s3.model.NoSuchBucketException: 404\n"
        "\t... 14 more\n"
    )
    assert causes_of(trace) == ("LandingError$Refused: raw: bucket is missing", "NoSuchBucketException: 404")
    assert causes_of("") == ()
    assert len(causes_of("Caused by: a.B: " + "x" * 5000)[0]) == 300


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("clicks/brz_clicks.sql", ""),
        ("clicks/agg_clicks.sql", "name: folder models/clicks holds models, none of them brz_clicks.sql"),
        ("legacy/slv_clicks.sql", "name: models/legacy/slv_clicks.sql is a model of this name already"),
        ("marts/clicks/agg_reach.sql", "name: clicks is mart area models/marts/clicks already"),
        ("marts/web/agg_clicks.sql", ""),
    ],
)
def test_a_name_is_taken_by_models_that_are_not_the_datasets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, file: str, told: str
) -> None:
    monkeypatch.setattr(settings, "PROJECT", tmp_path)
    model = tmp_path / "dbt_project" / "models" / file
    model.parent.mkdir(parents=True)
    model.touch()
    there = Settings(home=tmp_path)
    this = Candidate(
        dataset=CLICKS, source=Source.FILE, row=None, connector_name="tidegate-clicks", config={}
    )
    nothing: dict[str, Any] = {name: {} for name in ("connectors", "rows", "held", "fields", "batches")}
    scene = Scene(
        settings=there,
        api=ConnectApi(there),
        plugins=frozenset(),
        topics=Topics({}, 1),
        dags=frozenset(),
        **nothing,
    )

    found = list(checks.taken_names(scene, this))

    assert [(problem.code, problem.fact) for problem in found] == ([("NAME_TAKEN", told)] if told else [])


def test_a_changed_contract_is_one_line_of_the_plan() -> None:
    """The contract itself is long: `tidegate diff` compares it."""
    old, new = ('{"properties":{"id":{"type":"' + kind + '"}}}' for kind in ("integer", "string"))
    row = DatasetRow(
        dataset=replace(CLICKS, contract=old), state=DatasetState.OK, revision=1, source=Source.API
    )

    (changed,) = declaration_changes(replace(CLICKS, contract=new), row, Source.API)
    (gone,) = declaration_changes(CLICKS, row, Source.API)

    assert re.fullmatch(
        r"~ contract: 1 properties, sha256 \w{12} → 1 properties, sha256 \w{12}", str(changed)
    )
    assert changed.old != changed.new
    assert (gone.key, gone.new) == ("contract", None)
    assert declaration_changes(row.dataset, row, Source.API) == ()
