"""
Tells a dataset's owner, by webhook, that a batch is BLOCKED: once per batch, whoever checks.

The registry row `owner_notice` is claimed before and settled after: of several checks one tells, a
delivery that failed is repeated by the next check, and so is one whose teller died a minute ago.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
import requests
import structlog

from metastore_sync import registry as declarations
from metastore_sync.errors import TidegateError
from metastore_sync.settings import Settings
from schema_guard.admission import ACTOR
from schema_guard.edges.registry import Connection
from schema_guard.report import Report, Status, decide_commands, render
from schema_guard.sql import QUERIES

_log = structlog.get_logger(__name__)

#: Seconds that a check waits for the webhook, whatever that does.
PATIENCE = 5.0


def send(settings: Settings, reports: Iterable[Report]) -> None:
    """Tell the owner of each BLOCKED batch that does not know; what goes wrong is a line in the log."""
    blocked = [report for report in reports if report.status is Status.BLOCKED]
    if not blocked or not settings.alert_webhook:
        return
    try:
        with declarations.connect(settings) as conn:
            for report in blocked:
                _once(settings, conn, report)
    except (TidegateError, psycopg.Error) as error:
        _log.warning("owner not told", cause=str(error), next="the next check tries again")


def document(report: Report, owner: str) -> dict[str, Any]:
    """
    Return what the webhook receives, as plain JSON values.

    `id` is the same for every delivery of one batch; `text` is the whole for people, and the field that
    chat services show; `report` is what `tidegate check --json` prints.
    """
    name = report.dataset
    approve, reject = decide_commands(name, report.schema_version or 0)
    return {
        "event": "dataset_blocked",
        "id": f"{name}/{report.batch_id}",
        "dataset": name,
        "owner": owner,
        "batch_id": report.batch_id,
        "text": f"{owner}: {render(report)}",
        "report": report.to_json(),
        "next_commands": [f"tidegate schema diff {name}", approve, reject],
    }


def _once(settings: Settings, conn: Connection, report: Report) -> None:
    batch = {"dataset": report.dataset, "batch_id": report.batch_id}
    if QUERIES.claim_notice(conn, **batch) != 1:
        return
    owner = declarations.dataset(conn, report.dataset).dataset.owner
    mistake = _delivery(settings.alert_webhook, document(report, owner))
    with conn.transaction():
        QUERIES.settle_notice(conn, was_told=not mistake, **batch)
        if not mistake:
            why = f"batch {report.batch_id} is BLOCKED"
            declarations.audit(conn, report.dataset, actor=ACTOR, action="tell_owner", why=why, owner=owner)
    if mistake:
        _log.warning("owner not told", **batch, cause=mistake, next="the next check tries again")


def _delivery(address: str, told: Mapping[str, Any]) -> str:
    """Post a document and return what went wrong; empty when the webhook took it in time."""
    outcome = ["it did not answer in time"]
    post = threading.Thread(target=_post, args=(address, told, outcome), daemon=True)
    post.start()
    post.join(PATIENCE)
    return outcome[-1]


def _post(address: str, told: Mapping[str, Any], outcome: list[str]) -> None:
    # The address may hold a secret, as chat services have it; requests' own texts would show it.
    try:
        with requests.post(
            address,
            json=told,
            headers={"Idempotency-Key": str(told["id"])},
            timeout=PATIENCE,
            allow_redirects=False,
            stream=True,
        ) as answer:
            outcome.append(
                "" if answer.status_code < requests.codes.multiple_choices else f"HTTP {answer.status_code}"
            )
    except requests.RequestException as error:
        outcome.append(type(error).__name__)
