"""Writing over HTTP: what is declared, who saw what, what is sent twice, how much at once."""

from __future__ import annotations

import dataclasses

import psycopg
import pytest
import stamina
from fastapi.testclient import TestClient

from metastore_sync.problem_types import URN
from schema_guard.check import check
from tidegate import service
from tidegate.idempotency import REPLAYED

NOWHERE = "127.0.0.1:1"
TOKENS = {f"token_{role}": f"the {role} token" for role in ("read", "write", "approve")}
WHY = "agreed with the shop team"
ADD = {"op": "add_column", "field": "/coupon", "type": "string"}


class Api:
    """The application as callers of each role reach it."""

    def __init__(self, world):
        self.world = world
        away = {"kafka_bootstrap": NOWHERE, "connect_url": f"http://{NOWHERE}", "thrift": NOWHERE}
        given = dataclasses.replace(world.settings, **away, **TOKENS)
        self.client = TestClient(service.build(given, adopts=False))

    def get(self, path, role="read"):
        return self.client.get(path, headers=self.headers(role))

    def post(self, path, body, role="write", **headers):
        return self.client.post(path, json=body, headers={**self.headers(role), **headers})

    def ddl(self, *operations, rebuild="refused", seen=None, **headers):
        tag = seen or self.get("/datasets/orders/schemas").headers["ETag"]
        body = {"operations": operations, "why": WHY}
        return self.post(f"/datasets/orders/ddl?rebuild={rebuild}", body, **{"If-Match": tag, **headers})

    def dml(self, rebuild="refused", **fields):
        tag = self.get("/datasets/orders").headers["ETag"]
        body = {**fields, "why": WHY}
        return self.post(f"/datasets/orders/dml?rebuild={rebuild}", body, **{"If-Match": tag})

    def versions(self):
        rows = self.get("/datasets/orders/schemas").json()["versions"]
        return {row["version"]: row["status"] for row in rows}

    def judged(self, *values):
        self.world.land(*values)
        return check(self.world.settings, "orders")[-1]

    @staticmethod
    def headers(role):
        return {"Authorization": f"Bearer {TOKENS[f'token_{role}']}", "X-Actor": "ann"}


@pytest.fixture
def api(orders):
    made = Api(orders)
    assert made.judged({"id": 1, "zip": 10115}).schema_version == 1
    return made


def kind(answer):
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
    assert answer.json()["next_command"]
    return answer.status_code, answer.json()["type"].removeprefix(URN)


def test_a_declared_field_arrives_without_a_finding(api):
    made = api.ddl(ADD)

    assert (made.status_code, made.json()["version"], made.json()["former"]) == (200, 2, 1)
    assert made.json()["ddl"] == "`id` bigint, `zip` bigint, `coupon` string"
    assert api.versions() == {1: "SUPERSEDED", 2: "ACTIVE"}
    shown = api.get("/datasets/orders/schemas/2").json()
    assert (shown["verdict"], shown["decided_by"], shown["decided_why"]) == ("NON_BREAKING", "ann", WHY)
    assert [f["code"] for f in shown["findings"]] == ["FIELD_ADDED"]
    report = api.judged({"id": 2, "zip": 1, "coupon": "x"})
    assert (report.schema_version, report.verdict, list(report.findings)) == (2, "NONE", [])
    assert api.world.rows("select actor, why from registry.audit_log where action = 'ddl'") == [
        {"actor": "ann", "why": WHY}
    ]


def test_a_dropped_field_stays_away_whoever_sends_it(api):
    assert api.ddl({"op": "drop_column", "field": "/zip"}).status_code == 200

    report = api.judged({"id": 2, "zip": "N1"})
    told = [(f["code"], f["severity"], f["pointer"]) for f in report.to_json()["findings"]]
    assert (report.status, report.schema_version) == ("ADMITTED", 2)
    assert told == [("FIELD_ADDED", "INFO", "/zip")]
    for _ in range(4):
        assert api.judged(*({"id": n} for n in range(40))).verdict == "NONE"

    again = api.ddl({"op": "add_column", "field": "/zip", "type": "bigint"})
    assert again.json()["ddl"] == "`id` bigint, `zip` bigint"
    assert api.judged({"id": 3, "zip": 10115}).findings == ()
    assert api.judged({"id": 3, "zip": "N1"}).status == "BLOCKED"


def test_going_back_before_the_drop_brings_the_field_back(api):
    api.ddl({"op": "drop_column", "field": "/zip"})
    tag = api.get("/datasets/orders/schemas/1").headers["ETag"]
    back = api.post("/datasets/orders/schemas/1:rollback", {"why": WHY}, "approve", **{"If-Match": tag})

    assert (back.status_code, back.json()["former"]) == (200, 2)
    assert api.judged({"id": 2, "zip": 10115}).findings == ()


def test_a_renamed_field_may_stay_away_for_good(api):
    assert api.ddl({"op": "rename_column", "field": "/zip", "to": "postcode"}).status_code == 200
    for _ in range(5):
        assert api.judged(*({"id": n, "postcode": n} for n in range(40))).status == "ADMITTED"
    assert api.world.rows("select pointer, change, renamed_to from registry.declared_field") == [
        {"pointer": "/zip", "change": "renamed", "renamed_to": "/postcode"}
    ]


def test_a_rebuild_is_named_and_must_be_accepted(api):
    widen = {"op": "widen_column", "field": "/zip", "type": "string"}

    refused = api.ddl(widen)
    assert kind(refused) == (409, "rebuild-needed")
    assert "dbt run --full-refresh --select slv_orders" in refused.json()["where"]
    assert api.versions() == {1: "ACTIVE"}

    accepted = api.ddl(widen, rebuild="accepted")
    assert accepted.json()["rebuild"] == ["dbt run --full-refresh --select slv_orders"]
    assert api.judged({"id": 2, "zip": "N1"}, {"id": 3, "zip": 1}).findings == ()


def test_all_operations_or_none(api):
    refused = api.ddl(ADD, {"op": "drop_column", "field": "/nothing"})

    assert kind(refused) == (409, "conflict")
    assert "operation 2: there is no /nothing" in refused.json()["detail"]
    assert api.versions() == {1: "ACTIVE"}
    assert api.world.rows("select * from registry.declared_field") == []


def test_a_waiting_decision_comes_first(api):
    api.judged({"id": "x", "zip": 1})

    assert kind(api.ddl(ADD)) == (409, "verdict")
    assert kind(api.dml(mode="upsert", pkFields=["id"])) == (409, "verdict")


def test_what_was_rejected_is_not_declared_instead(api):
    api.judged({"id": 1, "zip": "N1"})
    tag = api.get("/datasets/orders/schemas/2").headers["ETag"]
    api.post("/datasets/orders/schemas/2:reject", {"why": WHY}, "approve", **{"If-Match": tag})

    refused = api.ddl({"op": "widen_column", "field": "/zip", "type": "string"}, rebuild="accepted")

    assert kind(refused) == (409, "verdict")
    assert "version 2 has just these columns and is REJECTED" in refused.json()["detail"]


def test_other_keys_need_rows_made_anew(api):
    lacking = api.dml(mode="upsert", pkFields=["key"])
    assert kind(lacking) == (409, "conflict")
    assert "the ACTIVE schema has no field key" in lacking.json()["detail"]

    refused = api.dml(mode="upsert", pkFields=["id"])
    assert kind(refused) == (409, "rebuild-needed")
    assert "mode: append → upsert after 1 batch(es)" in refused.json()["detail"]
    assert "dbt run --full-refresh --select slv_orders+" in refused.json()["where"]

    stamina.set_active(False)
    try:
        # Accepted, it is applied like any other change, and says so when Kafka is away.
        assert kind(api.dml("accepted", mode="upsert", pkFields=["id"])) == (503, "unavailable")
    finally:
        stamina.set_active(True)
    assert api.get("/datasets/orders").json()["mode"] == "append"


def test_keys_must_tell_rows_apart(api):
    api.ddl({"op": "add_column", "field": "/price", "type": "double"})

    assert "price is double, which cannot tell rows apart" in api.dml(pkFields=["price"]).json()["detail"]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        (None, (428, "precondition-required")),
        ('"9.9.9"', (412, "precondition-failed")),
        ("x", (412, "precondition-failed")),
    ],
)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("ddl", {"operations": [ADD], "why": WHY}),
        ("dml", {"mode": "upsert", "why": WHY}),
        ("schemas/1:approve", {"why": WHY}),
        ("schemas/1:reject", {"why": WHY}),
        ("schemas/1:rollback", {"why": WHY}),
    ],
)
def test_a_write_names_what_it_was_made_from(api, path, body, tag, expected):
    headers = {"If-Match": tag} if tag else {}
    assert kind(api.post(f"/datasets/orders/{path}", body, "approve", **headers)) == expected
    assert api.versions() == {1: "ACTIVE"}


def test_a_tag_is_good_until_the_next_change(api):
    seen = api.get("/datasets/orders/schemas").headers["ETag"]
    assert api.ddl(ADD, seen=seen).status_code == 200
    assert kind(api.ddl(ADD, seen=seen))[0] == 412


def test_the_same_key_gives_the_same_answer_once_done(api):
    seen = api.get("/datasets/orders/schemas").headers["ETag"]
    first = api.ddl(ADD, seen=seen, **{"Idempotency-Key": "k1"})
    again = api.ddl(ADD, seen=seen, **{"Idempotency-Key": "k1"})

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert (REPLAYED in first.headers, again.headers[REPLAYED]) == (False, "true")
    assert api.world.value("select count(*) from registry.audit_log where action = 'ddl'") == 1


def test_a_key_belongs_to_one_request_of_one_caller(api):
    seen = api.get("/datasets/orders/schemas").headers["ETag"]
    api.ddl(ADD, seen=seen, **{"Idempotency-Key": "k1"})

    other = api.ddl({"op": "drop_column", "field": "/zip"}, seen=seen, **{"Idempotency-Key": "k1"})
    assert kind(other) == (422, "idempotency-key-reused")
    body = {"operations": [ADD], "why": WHY}
    headers = {"If-Match": seen, "Idempotency-Key": "k1"}
    stranger = api.post("/datasets/orders/ddl?rebuild=refused", body, "read", **headers)
    assert kind(stranger) == (422, "idempotency-key-reused")
    assert "coupon" not in stranger.text


def test_a_refusal_is_not_kept(api):
    bad = api.ddl(ADD, seen='"0.0.0"', **{"Idempotency-Key": "k1"})
    good = api.ddl(ADD, **{"Idempotency-Key": "k1"})

    assert (bad.status_code, good.status_code) == (412, 200)


def test_an_answer_is_kept_for_a_day(api):
    seen = api.get("/datasets/orders/schemas").headers["ETag"]
    api.ddl(ADD, seen=seen, **{"Idempotency-Key": "k1"})
    api.world.rows("update registry.idempotency_key set created_at = now() - interval '25 h' returning 1")

    assert kind(api.ddl(ADD, seen=seen, **{"Idempotency-Key": "k1"}))[0] == 412


def test_a_key_in_use_is_busy(api):

    with psycopg.connect(api.world.settings.postgres_dsn) as other:
        other.execute("select pg_advisory_lock(7433004, hashtext('k1'))")
        assert kind(api.ddl(ADD, **{"Idempotency-Key": "k1"})) == (409, "idempotency-key-busy")
    assert api.ddl(ADD, **{"Idempotency-Key": "k1"}).status_code == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_has_a_limit(api, chunked):
    body = b" " * (4 << 20) + b"x"
    sent = (part for part in (body[:1000], body[1000:])) if chunked else body
    path, headers = "/datasets/orders/schemas:check", api.headers("read")

    assert kind(api.client.post(path, content=sent, headers=headers)) == (413, "too-large")
    assert api.client.post(path, content=body[:-1], headers=headers).status_code == 200


def test_every_answer_has_a_number(api):
    given = api.client.get("/datasets", headers={**api.headers("read"), "X-Request-ID": "mine-1"})
    wrong = api.client.get("/datasets", headers={"X-Request-ID": "not a number"})

    assert given.headers["X-Request-ID"] == "mine-1"
    assert kind(wrong) == (401, "unauthorized")
    assert wrong.headers["X-Request-ID"] != "not a number"


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_the_metric_tells_until_it_is_decided(api, decision, monkeypatch):
    monkeypatch.setattr("tidegate.watch.FRESH_SECONDS", 0.0)

    def told():
        return 'breaking_schema_change{dataset="orders"} 1.0' in api.get("/metrics").text

    assert not told()
    api.judged({"id": 2, "zip": "N1"})
    assert told()
    api.world.rows("update registry.dataset set state = 'PAUSED' returning 1")
    assert told()
    api.world.rows("update registry.dataset set state = 'BLOCKED' returning 1")
    tag = api.get("/datasets/orders/schemas/2").headers["ETag"]
    path = f"/datasets/orders/schemas/2:{decision}"
    assert api.post(path, {"why": WHY}, "approve", **{"If-Match": tag}).status_code == 200
    assert 'breaking_schema_change{dataset="orders"} 0.0' in api.get("/metrics").text
