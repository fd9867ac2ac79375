"""The owner of a BLOCKED dataset is told by webhook: once per batch, and never at the check's cost."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from metastore_sync import registry
from schema_guard import owner_notice
from schema_guard.check import check
from schema_guard.decide import approve
from schema_guard.report import render


class Webhook:
    """A real HTTP server that keeps what it is told and answers as it is bid."""

    def __init__(self) -> None:
        self.told: list[dict[str, object]] = []
        self.keys: list[str] = []
        self.status = 200
        self.open = threading.Event()
        self.open.set()
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                webhook.open.wait(30)
                webhook.told.append(body)
                webhook.keys.append(self.headers["Idempotency-Key"])
                self.send_response(webhook.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def webhook():
    found = Webhook()
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.open.set()
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.fixture
def told(orders, webhook):
    """Give the dataset orders whose owner has a webhook, with an ACTIVE version and a breaking object."""
    orders.settings = replace(orders.settings, alert_webhook=webhook.address)
    orders.land({"id": 1, "zip": 10115})
    check(orders.settings, "orders")
    orders.land({"id": 2, "zip": "N1"})
    return orders


def notice(world):
    return world.rows("select attempts, claimed_at, told_at is not null as told from registry.owner_notice")


def test_the_owner_is_told_once_with_the_whole_report(told, webhook):
    (report,) = check(told.settings, "orders")
    check(told.settings, "orders")

    (document,) = webhook.told
    assert webhook.keys == [document["id"]] == ["orders/2"]
    assert (document["owner"], document["batch_id"]) == ("shop@example.com", 2)
    assert document["text"] == f"shop@example.com: {render(report)}"
    assert document["report"] == json.loads(json.dumps(report.to_json()))
    assert document["report"]["findings"][0]["impact"] == []
    assert document["next_commands"] == [
        "tidegate schema diff orders",
        'tidegate schema approve orders --version 2 --why "…"',
        'tidegate schema reject orders --version 2 --why "…"',
    ]
    assert notice(told) == [{"attempts": 1, "claimed_at": None, "told": True}]
    assert told.value("select count(*) from registry.audit_log where action = 'tell_owner'") == 1


def test_an_admitted_batch_is_nobodys_news(orders, webhook):
    orders.land({"id": 1})

    check(replace(orders.settings, alert_webhook=webhook.address), "orders")

    assert webhook.told == []


def test_the_next_blocked_batch_is_told_too(told, webhook):
    check(told.settings, "orders")
    approve(told.settings, "orders", 2, "ann", "agreed")
    told.land({"id": 3, "zip": {"a": 1}})
    told.land({"id": [1], "zip": "N1"})
    check(told.settings, "orders")

    assert [document["id"] for document in webhook.told] == ["orders/2", "orders/3"]


@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_failed_delivery_is_repeated_by_the_next_check(told, webhook, status):
    webhook.status = status
    (report,) = check(told.settings, "orders")
    assert report.status == "BLOCKED"
    assert notice(told) == [{"attempts": 1, "claimed_at": None, "told": False}]

    webhook.status = 200
    check(told.settings, "orders")
    check(told.settings, "orders")

    assert webhook.keys == ["orders/2", "orders/2"]
    assert notice(told) == [{"attempts": 2, "claimed_at": None, "told": True}]


def test_a_webhook_that_is_away_fails_no_check(told, webhook):
    webhook.server.server_close()

    (report,) = check(told.settings, "orders")

    assert report.status == "BLOCKED"
    assert notice(told)[0]["told"] is False


def test_a_webhook_that_never_answers_holds_up_no_check(told, webhook, monkeypatch):
    monkeypatch.setattr(owner_notice, "PATIENCE", 0.2)
    webhook.open.clear()

    (report,) = check(told.settings, "orders")

    assert (report.status, webhook.told) == ("BLOCKED", [])
    assert notice(told) == [{"attempts": 1, "claimed_at": None, "told": False}]


def test_of_many_checks_at_once_one_tells(told, webhook):
    (report,) = check(replace(told.settings, alert_webhook=""), "orders")
    assert notice(told) == []

    with ThreadPoolExecutor(6) as pool:
        for _ in range(6):
            pool.submit(owner_notice.send, told.settings, [report])

    assert webhook.keys == ["orders/2"]


@pytest.mark.parametrize(("age", "told_again"), [("10 seconds", 0), ("2 minutes", 1)])
def test_a_teller_that_died_is_replaced_after_a_minute(told, webhook, age, told_again):
    check(replace(told.settings, alert_webhook=""), "orders")
    with registry.connect(told.settings) as conn:
        conn.execute(
            "insert into registry.owner_notice (dataset, batch_id, claimed_at)"
            " values ('orders', 2, now() - %(age)s::interval)",
            {"age": age},
        )

    check(told.settings, "orders")

    assert len(webhook.told) == told_again


def test_a_decided_batch_is_told_no_more(told, webhook):
    webhook.status = 500
    (report,) = check(told.settings, "orders")
    approve(told.settings, "orders", 2, "ann", "agreed")
    webhook.status = 200

    owner_notice.send(told.settings, [report])

    assert len(webhook.told) == 1
