"""What `check` makes of a registry that goes away around its commit."""

from __future__ import annotations

import pytest

from metastore_sync.errors import BrokenError
from schema_guard import check as gate
from schema_guard.check import check


def summary(reports):
    return [(r.batch_id, r.status.value, r.verdict, r.schema_version, r.record_count) for r in reports]


def test_a_commit_whose_reply_was_lost_is_found_and_not_repeated(orders, monkeypatch):
    orders.land({"id": 1})
    real = gate.admission.record

    def record_then_lose_the_server(conn, token, batch, judged):
        real(conn, token, batch, judged)
        conn.execute("select pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(gate.admission, "record", record_then_lose_the_server)

    assert summary(check(orders.settings, "orders")) == [(1, "ADMITTED", "INITIAL", 1, 1)]
    assert orders.value("select count(*) from registry.batch") == 1


def test_a_commit_that_never_happened_is_said_to_be_so(orders, monkeypatch):
    orders.land({"id": 1})
    real = gate.admission.record

    def lose_the_server(conn, *_):
        conn.execute("select pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(gate.admission, "record", lose_the_server)
    with pytest.raises(BrokenError, match="went away during the commit"):
        check(orders.settings, "orders")
    monkeypatch.setattr(gate.admission, "record", real)

    assert summary(check(orders.settings, "orders")) == [(1, "ADMITTED", "INITIAL", 1, 1)]
