"""The HTTP service on a real registry: who may do what, what is answered, what a decision leaves."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb

from metastore_sync import registry
from metastore_sync.model import Dataset, DatasetState, Mode, Source
from metastore_sync.settings import Settings
from tidegate import service
from tidegate.auth import COOKIE

TOKENS = {"read": "a read token", "write": "a write token", "approve": "an approve token"}
#: Where nothing answers.
NOWHERE = "127.0.0.1:1"
FINGERPRINT = "{:064d}"


@pytest.fixture
def settings(registry_settings: Settings) -> Settings:
    """Give a registry with one BLOCKED dataset; every other part is away."""
    given = dataclasses.replace(
        registry_settings,
        kafka_bootstrap=NOWHERE,
        connect_url=f"http://{NOWHERE}",
        s3_endpoint=f"http://{NOWHERE}",
        s3_access_key="key",
        s3_secret_key="secret",
        thrift=NOWHERE,
        **{f"token_{role}": token for role, token in TOKENS.items()},
    )
    with registry.connect(given) as conn, conn.transaction():
        _fill(conn)
    return given


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """Give a client that sends the read token unless told otherwise."""
    headers = {"Authorization": f"Bearer {TOKENS['read']}"}
    with TestClient(service.build(settings, adopts=False), headers=headers) as opened:
        yield opened


def _fill(conn: psycopg.Connection[Any]) -> None:
    """Two admitted batches with receipts, one BLOCKED, five rejected records."""
    orders = Dataset(name="orders", kafka_topic="orders", mode=Mode.UPSERT, owner="shop", pk_fields=("id",))
    registry.put_dataset(conn, orders, source=Source.FILE, actor="a test")
    registry.set_state(conn, "orders", DatasetState.BLOCKED)
    for version, status, base in ((1, "ACTIVE", None), (2, "BLOCKED", 1)):
        conn.execute(
            "insert into registry.schema_version (dataset, version, status, fingerprint, schema, ddl,"
            " columns, verdict, findings, base_version)"
            " values ('orders', %s, %s, %s, %s, '`id` bigint', '[]', 'INITIAL', '[]', %s)",
            (version, status, FINGERPRINT.format(version), Jsonb({"fields": []}), base),
        )
    for batch, status, version in ((1, "ADMITTED", 1), (2, "ADMITTED", 1), (3, "BLOCKED", 2)):
        conn.execute(
            "insert into registry.batch (dataset, batch_id, status, schema_version, verdict,"
            " findings, record_count, rejected_count, value_bytes, content_hash, checked_at,"
            " admitted_at) values ('orders', %s, %s, %s, 'BREAKING', '[]', 10, 0, 100, 0, now(),"
            " case when %s = 'ADMITTED' then now() end)",
            (batch, status, version, status),
        )
    for batch in (1, 2):
        for line in ("landed_to_bronze", "bronze_to_silver"):
            conn.execute(
                "insert into registry.receipt (dataset, batch_id, line, is_green, terms, mismatches)"
                " values ('orders', %s, %s, true, '{}', '[]')",
                (batch, line),
            )
    for offset in range(5):
        conn.execute(
            "insert into registry.rejected_record (dataset, batch_id, topic_id, partition,"
            ' "offset", stage, error_type, error_message)'
            " values ('orders', 1, '0a1b2c3d', 0, %s, 'parse', 'NOT_JSON', 'cut')",
            (offset,),
        )


@pytest.mark.parametrize(
    ("token", "method", "path", "status"),
    [
        (None, "GET", "/datasets", 401),
        ("nonsense", "GET", "/datasets", 401),
        ("", "GET", "/datasets", 401),
        (TOKENS["read"], "GET", "/datasets", 200),
        (TOKENS["read"], "POST", "/datasets", 403),
        (TOKENS["read"], "POST", "/datasets/orders/schemas/2:approve", 403),
        (TOKENS["write"], "GET", "/datasets/orders/batches", 200),
        (TOKENS["write"], "POST", "/datasets/orders/schemas/2:reject", 403),
        (TOKENS["approve"], "GET", "/datasets/orders/receipts", 200),
        (TOKENS["read"], "POST", "/datasets/orders:pause", 403),
        (TOKENS["read"], "POST", "/datasets/orders:resume", 403),
        (TOKENS["write"], "POST", "/datasets/orders:retire", 403),
        (TOKENS["read"], "POST", "/runs", 403),
        (TOKENS["write"], "POST", "/datasets/nope:pause", 404),
        (TOKENS["read"], "POST", "/datasets/orders/landing/gaps:replay", 403),
        (TOKENS["write"], "POST", "/datasets/orders/landing/gaps:accept", 403),
        (None, "GET", "/metrics", 401),
        (None, "GET", "/openapi.json", 200),
    ],
)
def test_roles(client: TestClient, token: str | None, method: str, path: str, status: int) -> None:
    """Read ⊂ write ⊂ approve; every refusal is problem details."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    if token is None:
        del client.headers["Authorization"]

    answer = client.request(method, path, headers=headers, json={"why": "a reason"})

    assert status == answer.status_code
    if status >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert status == answer.json()["status"]
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize("path", ["schemas", "schemas/1", "batches", "receipts", "rejected"])
def test_unknown_datasets_are_not_found(client: TestClient, path: str) -> None:
    """The answer names the dataset, and what to type."""
    answer = client.get(f"/datasets/nope/{path}")

    assert answer.status_code == 404
    assert answer.json()["detail"] == "nope: no dataset has this name"


def test_schemas(client: TestClient) -> None:
    """Newest first; one version whole; an unknown one is not found."""
    listed = client.get("/datasets/orders/schemas").json()["versions"]
    one = client.get("/datasets/orders/schemas/1").json()

    assert [(v["version"], v["status"]) for v in listed] == [(2, "BLOCKED"), (1, "ACTIVE")]
    assert one["ddl"] == "`id` bigint"
    assert client.get("/datasets/orders/schemas/3").status_code == 404


@pytest.mark.parametrize(("path", "rows"), [("batches", 3), ("receipts", 4)])
def test_pages_by_number_give_each_row_once(client: TestClient, path: str, rows: int) -> None:
    """A receipt's two lines stay on one page."""
    found: list[tuple[int, str]] = []
    query: dict[str, int] = {"limit": 1}
    while True:
        page = client.get(f"/datasets/orders/{path}", params=query).json()
        found += [(row["batch_id"], row.get("line", "")) for row in page[path]]
        if page["next_before"] is None:
            break
        query["before"] = page["next_before"]

    assert rows == len(found) == len(set(found))


def test_pages_of_rejected_records_give_each_once(client: TestClient) -> None:
    """Beside the count per reason."""
    offsets: list[int] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = client.get("/datasets/orders/rejected", params=query).json()
        offsets += [row["offset"] for row in page["rejected"]]
        if page["next_after"] is None:
            break
        query["after"] = page["next_after"]

    assert offsets == [4, 3, 2, 1, 0]
    assert [(kind["error_type"], kind["records"]) for kind in page["kinds"]] == [("NOT_JSON", 5)]


@pytest.mark.parametrize(
    "query", ["batches?limit=501", "batches?limit=0", "receipts?before=x", "rejected?after=nonsense"]
)
def test_wrong_queries_are_told(client: TestClient, query: str) -> None:
    """Page sizes are limited; the answer names the parameter."""
    answer = client.get(f"/datasets/orders/{query}")

    assert answer.status_code == 422
    assert query.partition("?")[2].partition("=")[0] in answer.text


def _approve(client: TestClient, version: int, body: dict[str, str]) -> Any:
    tag = client.get(f"/datasets/orders/schemas/{version}").headers["ETag"]
    headers = {"Authorization": f"Bearer {TOKENS['approve']}", "X-Actor": "Ada", "If-Match": tag}
    path = f"/datasets/orders/schemas/{version}:approve"
    return client.post(path, headers=headers, json=body)


def test_approval_admits_and_remembers_who_and_why(client: TestClient, settings: Settings) -> None:
    """Once; the second approval finds nothing that waits."""
    decided = _approve(client, 2, {"why": "agreed"})
    again = _approve(client, 2, {"why": "agreed"})

    assert (decided.status_code, again.status_code) == (200, 409)
    assert decided.json()["action"] == "approve"
    version = client.get("/datasets/orders/schemas/2").json()
    assert (
        version["status"],
        version["decided_by"],
        version["decided_why"],
    ) == ("ACTIVE", "Ada", "agreed")
    with registry.connect(settings) as conn:
        assert DatasetState.OK is registry.dataset(conn, "orders").state


@pytest.mark.parametrize(
    ("version", "body", "status"),
    [(1, {"why": "x"}, 409), (2, {"why": ""}, 422), (2, {}, 422), (2, {"why": "x", "by": "me"}, 422)],
)
def test_refused_decisions_change_nothing(
    client: TestClient, version: int, body: dict[str, str], status: int
) -> None:
    """Another version than the one that waits, or no reason."""
    assert status == _approve(client, version, body).status_code
    assert client.get("/datasets/orders/schemas/2").json()["status"] == "BLOCKED"


def test_samples_are_judged_and_not_stored(client: TestClient) -> None:
    """A producer's team asks before it ships."""
    answer = client.post("/datasets/orders/schemas:check", content='{"id": 1}\n{"id"\n')

    assert answer.status_code == 200
    assert [poison["line"] for poison in answer.json()["rejected"]] == [2]
    assert len(client.get("/datasets/orders/batches").json()["batches"]) == 3


def test_a_run_is_told_line_by_line_and_ends_with_its_results(client: TestClient) -> None:
    client.headers["Authorization"] = f"Bearer {TOKENS['write']}"
    answer = client.post("/runs", json={"datasets": ["orders"]}, headers={"Idempotency-Key": "a run"})

    *steps, last = [json.loads(line) for line in answer.text.splitlines()]
    (result,) = last["results"]
    assert (result["name"], result["exit_code"]) == ("orders", 1)
    assert steps[0]["step"].startswith("orders: guard (")
    assert "BLOCKED" in result["message"]
    # A run may be sent again: what is done is not done twice, and its answer is not kept.
    again = client.post("/runs", json={"datasets": ["orders"]}, headers={"Idempotency-Key": "a run"})
    assert "Idempotency-Replayed" not in again.headers
    assert again.status_code == 200


def test_a_run_of_an_unknown_dataset_starts_nothing(client: TestClient) -> None:
    client.headers["Authorization"] = f"Bearer {TOKENS['write']}"
    answer = client.post("/runs", json={"datasets": ["orders", "nope"]})
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:tidegate:problem:not-found")


def test_page_needs_a_login(client: TestClient) -> None:
    """Without a token nothing is shown, with a wrong one neither."""
    del client.headers["Authorization"]

    assert client.get("/").status_code == 401
    assert "orders" not in client.get("/").text
    assert client.get("/login?token=nonsense").status_code == 401


def test_page_shows_the_blocked_dataset_after_login(client: TestClient) -> None:
    """By the link that `tidegate status` prints; the cookie opens reading alone."""
    del client.headers["Authorization"]

    shown = client.get("/login", params={"token": TOKENS["approve"]})

    assert shown.status_code == 200
    assert "tidegate schema diff orders --version 2" in shown.text
    assert TOKENS["approve"] not in str(dict(client.cookies))
    assert TOKENS["read"] == client.cookies.get(COOKIE, "").strip('"')
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    answer = client.post("/datasets/orders/schemas/2:approve", json={"why": "x"})
    assert answer.status_code == 403


def test_login_form(client: TestClient) -> None:
    """For those who have the token and not the link."""
    del client.headers["Authorization"]

    shown = client.post("/login", data={"token": f" {TOKENS['read']} "})

    assert shown.status_code == 200
    assert "orders" in shown.text
