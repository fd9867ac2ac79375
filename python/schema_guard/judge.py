"""From landed objects to a verdict about them; nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from metastore_sync.errors import LandedObjectError
from metastore_sync.model import Dataset
from metastore_sync.settings import Settings
from schema_guard import contracts, landing_gaps, profiles
from schema_guard.accepted import AcceptedGap
from schema_guard.batches import Batch
from schema_guard.core import contracted, given_up
from schema_guard.core.classify import Criteria, Judgement, Past
from schema_guard.core.compared import Compared, compare
from schema_guard.core.finding import Finding, Verdict
from schema_guard.core.infer import Inference
from schema_guard.core.json_schema import Declared
from schema_guard.core.likeness import Likeness
from schema_guard.core.presence import Ledger
from schema_guard.core.removal import Removal
from schema_guard.core.renames import Pair, candidates
from schema_guard.core.schema import Schema, finalise
from schema_guard.edges.registry import Version
from schema_guard.edges.s3 import Store
from schema_guard.reading import ObjectRange, Rules, Scan, rules_of, source_of
from schema_guard.scan_pool import scan_batch

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """
    What the registry holds of a dataset when a batch is judged.

    Attributes:
        active: The ACTIVE version; None before the first batch.
        ledger: Presence of each field so far.
        earlier: Gives the objects of the newest admitted batch; asked only when a field may be renamed.
        accepted: Losses that somebody answered for.
        dropped: Fields declared as dropped: kept out while the ACTIVE version lacks them.
        renamed: Fields declared as renamed.
    """

    active: Version | None = None
    ledger: Ledger = field(default_factory=dict)
    earlier: Callable[[], Sequence[ObjectRange]] = tuple
    accepted: Sequence[AcceptedGap] = ()
    dropped: frozenset[str] = frozenset()
    renamed: frozenset[str] = frozenset()

    @property
    def schema(self) -> Schema | None:
        """The ACTIVE version's schema."""
        return self.active.schema if self.active else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """
    A batch and what the guard makes of it.

    Attributes:
        sources: Its objects, trimmed to the ranges that belong to it.
        scan: What is in them; under `reject_records` without the misfits.
        active: The version it was compared with; None before the first batch.
        schema: The version it would make: the ACTIVE types and what was observed and is not ignored.
        ledger: Presence with the batch counted in.
    """

    dataset: Dataset
    sources: tuple[ObjectRange, ...]
    scan: Scan
    active: Version | None
    schema: Schema
    verdict: Verdict
    findings: tuple[Finding, ...]
    ledger: Ledger


def criteria_of(dataset: Dataset) -> Criteria:
    """Return by what a dataset's batches are judged."""
    return Criteria(
        pk_fields=dataset.pk_fields,
        partition_keys=dataset.partition_keys,
        targets=dataset.targets,
        policy=dataset.policy,
        removal=Removal(dataset.removal),
        table=f"silver.slv_{dataset.name}",
    )


def judge(settings: Settings, dataset: Dataset, known: Known, batch: Batch, folder: Path) -> Judged:
    """
    Scan a batch whole and judge it against the ACTIVE version and the dataset's contract.

    Rejected records wait in `folder`, empty at first, for the transaction.

    Raises:
        BrokenError: An object is missing, damaged, or not what its manifest promised.
        UsageError: The contract cannot be read.
    """
    contract = contracts.of(dataset)
    sources = tuple(source_of(link.manifest, link.cursor.generation) for link in batch.links)
    scan = scan_batch(settings, sources, rules_of(dataset), folder)
    observed, strays = given_up.without(scan.inference, known.dropped, known.schema)
    compared = compare(known.schema, observed, dataset.pk_fields, known.ledger)
    likenesses = _likenesses(settings, dataset, known, sources, records=observed.records, compared=compared)
    past = Past(known.ledger, likenesses, known.renamed, strays)
    judgement = contracted.judge(
        known.schema, contract, observed, criteria_of(dataset), past, compared=compared
    )
    settled = judgement
    if rules := _rejecting(dataset, known, contract, judgement, observed):
        scan = scan_batch(settings, sources, rules, folder)
        observed, _ = given_up.without(scan.inference, known.dropped, known.schema)
        settled = contracted.judge(known.schema, contract, observed, criteria_of(dataset), past)
    gaps = landing_gaps.in_batch(batch, dataset.policy, known.accepted)
    return Judged(
        dataset=dataset,
        sources=sources,
        scan=scan,
        active=known.active,
        schema=settled.schema,
        verdict=landing_gaps.counted_in(settled.verdict, gaps),
        findings=(*judgement.findings, *gaps),
        ledger=settled.ledger,
    )


def _rejecting(
    dataset: Dataset, known: Known, contract: Declared | None, judgement: Judgement, observed: Inference
) -> Rules | None:
    """Return the rules that reject what policy says to reject; None when it rejects nothing, or all waits."""
    rejects = judgement.reject_records or judgement.reject_breaches
    if judgement.verdict is Verdict.BREAKING or not rejects:
        return None
    fit = known.schema or finalise(observed)
    return rules_of(
        dataset,
        fit if judgement.reject_records else None,
        contract if judgement.reject_breaches else None,
    )


def _likenesses(
    settings: Settings,
    dataset: Dataset,
    known: Known,
    sources: Sequence[ObjectRange],
    *,
    records: int,
    compared: Compared,
) -> dict[Pair, Likeness]:
    """Compare values where a field may have been renamed; without the old values there is no hint."""
    if known.schema is None:
        return {}
    pairs = candidates(compared.differences, records, compared.ledger)
    if not pairs:
        return {}
    try:
        return profiles.likenesses(
            Store(settings), dataset.name, pairs, [*known.earlier(), *sources], sources
        )
    except LandedObjectError as away:
        # Only where the old values are gone for good: a store that is away may answer next time.
        _log.warning("no look for renames: earlier values are gone", dataset=dataset.name, cause=away.fact)
        return {}
