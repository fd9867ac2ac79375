"""
What must hold after any history of guards: the serial meaning of landing, judging and deciding.

Written without the product's code: verdicts are a literal table, batches and versions plain lists.
"""

from __future__ import annotations

from dataclasses import dataclass, field

#: What a producer may send: the record's text, by what it means for the dataset.
VALUES = {
    "plain": '{"id":1,"zip":10115,"at":"AT"}',
    "wide": '{"id":1,"zip":10115,"note":"x","at":"AT"}',
    "text": '{"id":1,"zip":"N1","at":"AT"}',
    "poison": '{"id":',
}
#: (zip of the ACTIVE version, zips observed) → verdict, zip of the version that the batch makes.
#: Numbers (n), texts (t), or both (m), which is text that takes either.
ZIPS = {
    ("", ""): ("NONE", ""),
    ("", "n"): ("NON_BREAKING", "n"),
    ("", "t"): ("NON_BREAKING", "t"),
    ("", "nt"): ("NON_BREAKING", "m"),
    ("n", ""): ("NONE", "n"),
    ("n", "n"): ("NONE", "n"),
    ("n", "t"): ("BREAKING", "m"),
    ("n", "nt"): ("BREAKING", "m"),
    ("t", ""): ("NONE", "t"),
    ("t", "n"): ("BREAKING", "m"),
    ("t", "t"): ("NONE", "t"),
    ("t", "nt"): ("BREAKING", "m"),
    ("m", ""): ("NONE", "m"),
    ("m", "n"): ("NONE", "m"),
    ("m", "t"): ("NONE", "m"),
    ("m", "nt"): ("NONE", "m"),
}
#: zip of the ACTIVE version → the kinds that do not fit it.
MISFITS = {"": set(), "n": {"text"}, "t": {"plain", "wide"}, "m": set()}
#: zip → the column that a table has of it; one of the other kind it cannot become.
COLUMNS = {"": None, "n": "bigint", "t": "string", "m": "string"}
_OBSERVED = {"plain": "n", "wide": "n", "text": "t", "poison": ""}
_RANK = ("NONE", "NON_BREAKING", "BREAKING")

Place = tuple[str, int]
#: zip's type ("" absent, n, t or m) and whether there is a note.
Shape = tuple[str, bool]


@dataclass
class Version:
    """One schema version."""

    shape: Shape
    status: str


@dataclass
class Object:
    """One landed object: the kinds of its records, from its first offset on."""

    place: Place
    first: int
    kinds: tuple[str, ...]

    @property
    def behind(self) -> int:
        """The offset after its last one."""
        return self.first + len(self.kinds)


@dataclass
class Batch:
    """One judged batch; `rejected` names the records that are no rows, as (place, offset)."""

    objects: tuple[Object, ...]
    status: str
    version: int
    verdict: str
    rejected: set[tuple[Place, int]]

    def records(self) -> list[tuple[Place, int, str]]:
        """Return every record: place, offset, kind."""
        return [(o.place, o.first + n, kind) for o in self.objects for n, kind in enumerate(o.kinds)]


@dataclass
class Serial:
    """The state after a serial history."""

    policy: str = "block"
    state: str = "OK"
    waiting: list[Object] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    #: action, actor, why of each line that the audit log must hold, in order.
    audit: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def active(self) -> int:
        """Number of the ACTIVE version, 0 when there is none."""
        return next((n for n, v in enumerate(self.versions, 1) if v.status == "ACTIVE"), 0)

    @property
    def blocked(self) -> Batch | None:
        """The batch that waits for a decision."""
        return next((batch for batch in self.batches if batch.status == "BLOCKED"), None)

    def check(self) -> list[Batch]:
        """Judge all that waits, as one batch: what fits a batch is far more than these histories land."""
        if self.blocked is not None:
            if self.state == "OK":
                self.set_state("BLOCKED", "schema_guard", "a batch is BLOCKED still")
            return [self.blocked]
        if not self.waiting:
            return []
        objects, self.waiting = tuple(self.waiting), []
        return [self.record(objects)]

    def record(self, objects: tuple[Object, ...]) -> Batch:
        """Record the verdict about some objects."""
        batch = Batch(objects, "ADMITTED", 0, "", set())
        records = batch.records()
        batch.rejected = {(place, offset) for place, offset, kind in records if kind == "poison"}
        before = self.versions[self.active - 1].shape if self.active else ("", False)
        if self.policy == "reject_records":
            misfits = MISFITS[before[0]]
            batch.rejected |= {(place, offset) for place, offset, kind in records if kind in misfits}
        kinds = {kind for place, offset, kind in records if (place, offset) not in batch.rejected}
        observed = "".join(sorted({_OBSERVED[kind] for kind in kinds}))
        verdict, zip_type = ZIPS[before[0], observed]
        if "wide" in kinds and not before[1]:
            verdict = max(verdict, "NON_BREAKING", key=_RANK.index)
        batch.verdict = verdict if self.active else "INITIAL"
        batch.status = "BLOCKED" if verdict == "BREAKING" else "ADMITTED"
        batch.version = self._version(batch, (zip_type, before[1] or "wide" in kinds))
        self.batches.append(batch)
        if batch.status == "BLOCKED":
            self.set_state("BLOCKED", "schema_guard", f"batch {len(self.batches)} is BLOCKED")
        self.audit.append(("check", "schema_guard", ""))
        return batch

    def _version(self, batch: Batch, shape: Shape) -> int:
        if batch.verdict == "NONE":
            return self.active
        status = "BLOCKED" if batch.status == "BLOCKED" else "ACTIVE"
        known = next((n for n, v in enumerate(self.versions, 1) if v.shape == shape), 0)
        if status == "ACTIVE" and self.active:
            self.versions[self.active - 1].status = "SUPERSEDED"
        if known:
            self.versions[known - 1].status = status
            return known
        self.versions.append(Version(shape, status))
        return len(self.versions)

    def approve(self, actor: str, why: str) -> None:
        """Take the BLOCKED version."""
        batch = self._decided("approve", actor, why)
        self.versions[self.active - 1].status = "SUPERSEDED"
        self.versions[batch.version - 1].status = "ACTIVE"

    def reject(self, actor: str, why: str) -> None:
        """Refuse the BLOCKED version: what does not fit the ACTIVE one is rejected."""
        batch = self._decided("reject", actor, why)
        self.versions[batch.version - 1].status = "REJECTED"
        batch.version = self.active
        misfits = MISFITS[self.versions[self.active - 1].shape[0]]
        batch.rejected |= {(place, offset) for place, offset, kind in batch.records() if kind in misfits}

    def rollback(self, version: int, actor: str, why: str) -> str:
        """Go back to a version for later batches; return words of the refusal, empty when it was done."""
        if self.blocked is not None:
            return "awaits a decision"
        if version > len(self.versions):
            return "has no version"
        wanted = self.versions[version - 1]
        if wanted.status != "SUPERSEDED":
            return "is ACTIVE already" if wanted.status == "ACTIVE" else "was ACTIVE before"
        if {COLUMNS[wanted.shape[0]], self._column()} == {"bigint", "string"}:
            return "the tables cannot follow"
        self.versions[self.active - 1].status = "SUPERSEDED"
        wanted.status = "ACTIVE"
        self.audit.append(("rollback", actor, why))
        return ""

    def _column(self) -> str | None:
        """Return what the table has of zip: as the newest batch has it whose version knows zip."""
        shapes = (self.versions[batch.version - 1].shape for batch in reversed(self.batches))
        return next((COLUMNS[zip_type] for zip_type, _ in shapes if zip_type), None)

    def _decided(self, action: str, actor: str, why: str) -> Batch:
        batch = self.blocked
        assert batch is not None
        batch.status = "ADMITTED"
        if self.state == "BLOCKED":
            self.set_state("OK", actor, why)
        self.audit.append((action, actor, why))
        return batch

    def set_state(self, state: str, actor: str, why: str) -> None:
        """Set the dataset's state; only a change leaves a line."""
        if self.state != state:
            self.state = state
            self.audit.append(("set_state", actor, why))
