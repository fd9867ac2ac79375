"""A replay batch before the gate: what still does not fit is rejected again; nothing waits for a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from metastore_sync.model import Dataset
from metastore_sync.settings import Settings
from schema_guard import contracts, replay_errors
from schema_guard.core import contracted, given_up
from schema_guard.core.classify import Past
from schema_guard.core.finding import Verdict
from schema_guard.core.removal import Removal
from schema_guard.core.schema import finalise
from schema_guard.edges import registry
from schema_guard.edges.registry import Connection
from schema_guard.judge import Judged, criteria_of
from schema_guard.reading import ObjectRange, rules_of
from schema_guard.scan_pool import scan_batch


def judge(
    settings: Settings, conn: Connection, dataset: Dataset, sources: Sequence[ObjectRange], folder: Path
) -> Judged:
    """
    Judge replay objects against the ACTIVE version and the contract, each record alone.

    A few records of the past tell nothing of which fields are gone: presence stays as it was.

    Raises:
        BrokenError: An object is missing or damaged.
        VerdictError: What fits would still be a BREAKING change; a replay never blocks a dataset.
        UsageError: No batch was admitted yet.
    """
    name = dataset.name
    active = registry.active_version(conn, name)
    if active is None:
        raise replay_errors.overtakes(name, "no batch was admitted yet")
    contract = contracts.of(dataset)
    scan = scan_batch(settings, sources, rules_of(dataset, active.schema, contract), folder)
    dropped = registry.declared_fields(conn, name, "dropped")
    observed, strays = given_up.without(scan.inference, dropped, active.schema)
    criteria = replace(criteria_of(dataset), removal=Removal.EVIDENCE)
    past = Past(renamed=registry.declared_fields(conn, name, "renamed"), strays=strays)
    judgement = contracted.judge(active.schema, contract, observed, criteria, past)
    if judgement.verdict is Verdict.BREAKING:
        raise replay_errors.breaking(name, judgement.findings)
    return Judged(
        dataset=dataset,
        sources=tuple(sources),
        scan=scan,
        active=active,
        schema=finalise(observed, active.schema),
        verdict=judgement.verdict,
        findings=judgement.findings,
        ledger=registry.ledger(conn, name),
    )
