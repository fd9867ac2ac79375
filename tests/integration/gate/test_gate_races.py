"""Two guards at once, a guard that overslept, and the command's exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from metastore_sync import lease, registry
from metastore_sync.errors import BrokenError, LeaseLostError
from schema_guard import admission
from schema_guard.batches import Backlog
from schema_guard.chains import open_chains
from schema_guard.check import check
from schema_guard.edges.registry import cursors
from schema_guard.edges.s3 import Store
from schema_guard.judge import Known, judge


def test_two_guards_at_once_end_as_one(orders):
    for number in range(4):
        orders.land({"id": number}, partition=number)

    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(check, orders.settings, "orders") for _ in range(2)]
    reports = [report for one in both for report in one.result()]

    assert [(r.batch_id, r.record_count) for r in reports] == [(1, 4)]
    assert orders.value("select count(*) from registry.batch") == 1
    assert orders.value("select count(*) from registry.schema_version") == 1


@pytest.fixture
def judged(orders, tmp_path):
    """A batch that was judged by a guard which then fell asleep."""
    orders.land({"id": 1})
    with registry.connect(orders.settings) as conn:
        dataset = registry.dataset(conn, "orders").dataset
        backlog = Backlog(open_chains(Store(orders.settings), "orders", cursors(conn, "orders")))
        batch = backlog.next_batch()
        return orders, batch, judge(orders.settings, dataset, Known(), batch, tmp_path)


def test_a_guard_that_lost_its_lease_writes_nothing(judged):
    orders, batch, verdict = judged
    with registry.connect(orders.settings) as conn:
        with lease.hold(conn, "orders", "sleeper") as token:
            pass
        with lease.hold(conn, "orders", "successor"), pytest.raises(LeaseLostError):
            admission.record(conn, token, batch, verdict)

    assert orders.value("select count(*) from registry.batch") == 0
    assert orders.value("select count(*) from registry.partition_cursor") == 0


def test_the_cursor_refuses_records_that_were_judged_before(judged):
    orders, batch, verdict = judged
    with registry.connect(orders.settings) as conn, lease.hold(conn, "orders", "one") as token:
        conn.execute("insert into registry.partition_cursor values ('orders', '0a1b2c3d', 1, 0, 1)")
        with pytest.raises(BrokenError, match="judged these records first"):
            admission.record(conn, token, batch, verdict)

    assert orders.value("select count(*) from registry.batch") == 0
    assert orders.value("select count(*) from registry.schema_version") == 0


def test_the_command_says_the_verdict_by_its_exit_code(orders):
    def run(*words):
        known = {name: str(value) for name, value in _environment(orders).items()}
        return subprocess.run(
            [sys.executable, "-m", "schema_guard", *words],
            env={**os.environ, **known},
            capture_output=True,
            text=True,
            check=False,
        )

    orders.land({"id": 1})
    fine = run("orders")
    orders.land({"id": "one"})
    verdict = run("orders")
    unknown = run("nowhere")
    wrong = run()

    assert (fine.returncode, verdict.returncode, unknown.returncode, wrong.returncode) == (
        0,
        1,
        64,
        64,
    )
    assert fine.stdout.startswith("orders: batch 1 ADMITTED")
    assert "Nothing was loaded" in verdict.stderr
    assert verdict.stdout == ""
    assert "Traceback" not in unknown.stderr + wrong.stderr


def _environment(world):
    settings = world.settings
    return {
        "TIDEGATE_HOME": settings.home,
        "TIDEGATE_POSTGRES_DSN": settings.postgres_dsn,
        "TIDEGATE_S3_ENDPOINT": settings.s3_endpoint,
        "TIDEGATE_S3_ACCESS_KEY": settings.s3_access_key,
        "TIDEGATE_S3_SECRET_KEY": settings.s3_secret_key,
        "TIDEGATE_RAW_BUCKET": settings.raw_bucket,
        "TIDEGATE_SNAPSHOT_KEY": settings.snapshot_key,
    }
