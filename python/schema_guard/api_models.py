"""The bodies that the routes of schemas, declarations and batches take and answer with."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from metastore_sync.api_docs import STORABLE, Strict
from metastore_sync.model import Mode
from schema_guard.core.ddl_text import TYPES, DdlError, read_type
from schema_guard.core.finding import Code, Severity, Verdict
from schema_guard.core.operation import AddColumn, DropColumn, Operation, RenameColumn, WidenColumn

#: Operations of one request.
OPERATIONS_MOST = 100

Text = Annotated[str, Field(min_length=1, max_length=2000, pattern=STORABLE)]
Why = Annotated[
    str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*\S[^\x00]*$", description="Kept with it.")
]
Pointer = Annotated[
    str,
    Field(
        pattern=r"^(/([^~/\x00]|~[01])+)+$",
        max_length=1000,
        description="JSON pointer (RFC 6901) of the field; * stands for any element of an array.",
    ),
]
TypeText = Annotated[str, Field(max_length=4000, description=f"Spark DDL: {TYPES}.")]
FieldName = Annotated[str, Field(min_length=1, max_length=250, pattern=STORABLE)]
FieldNames = Annotated[list[FieldName], Field(max_length=100)]
VersionStatus = Literal["ACTIVE", "BLOCKED", "SUPERSEDED", "REJECTED"]


class Reason(Strict):
    """The body of a decision."""

    why: Why


class Place(Strict):
    """Where a record stands in its topic."""

    topic_id: str
    partition: int
    offset: int


class Evidence(Strict):
    """What in the batch shows a finding; counts are 0 where it was declared."""

    count: int
    share: float = Field(ge=0, le=1)
    first: Place | None
    last: Place | None
    sample: str | None
    basis: str | None


class Reader(Strict):
    """A dbt model that reads a field."""

    model: str
    columns: list[str]
    in_conditions: bool
    file: str
    unsure: str = ""


class Finding(Strict):
    """One difference, as docs/contracts/findings.schema.json describes it."""

    code: Code
    severity: Severity
    pointer: str
    old: str | None
    new: str | None
    evidence: Evidence
    targets: dict[str, Severity]
    accept: str | None
    rebuild: bool


class FindingWithReaders(Finding):
    """A finding with the models that read its field."""

    impact: list[Reader]


class VersionSummary(Strict):
    """One schema version without the schema itself."""

    version: int
    status: VersionStatus
    verdict: Verdict
    base_version: int | None
    fingerprint: str
    created_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    decided_why: str | None
    finding_count: int


class Versions(Strict):
    """Every version, newest first."""

    versions: list[VersionSummary]


class Column(Strict):
    """A column and its type in Spark."""

    name: str
    type: str


class Version(Strict):
    """One version whole."""

    version: int
    status: VersionStatus
    verdict: Verdict
    base_version: int | None
    fingerprint: str
    ddl: str
    columns: list[Column]
    # `schema` is a method of pydantic's own.
    types: dict[str, Any] = Field(alias="schema")
    findings: list[FindingWithReaders]
    created_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    decided_why: str | None


class PoisonLine(Strict):
    """A line of a sample that would be rejected; lines count from 1."""

    line: int
    error_type: str
    error_message: str


class Sample(Strict):
    """What the guard would say of a sample; a position's offset is its line."""

    dataset: str
    base_version: int | None
    has_contract: bool
    verdict: Verdict
    findings: list[Finding]
    record_count: int
    rejected: list[PoisonLine]


class Decision(Strict):
    """What was decided about a BLOCKED batch."""

    dataset: str
    batch_id: int
    action: Literal["approve", "reject"]
    version: int
    schema_version: int
    record_count: int
    rejected_count: int
    actor: str
    why: str


class Rollback(Strict):
    """Which version holds for later batches."""

    dataset: str
    action: Literal["rollback"]
    version: int
    former: int
    first_batch: int
    actor: str
    why: str


class Batch(Strict):
    """A judged batch."""

    batch_id: int
    status: Literal["ADMITTED", "BLOCKED"]
    schema_version: int
    verdict: Verdict
    record_count: int
    rejected_count: int
    value_bytes: int
    findings: list[Finding]
    watermark: datetime | None
    max_event_time: datetime | None
    checked_at: datetime
    admitted_at: datetime | None


class Batches(Strict):
    """A page of batches, newest first; `next_before` is null on the last page."""

    batches: list[Batch]
    next_before: int | None


class _Typed(Strict):
    type: TypeText

    @field_validator("type")
    @classmethod
    def _is_type(cls, text: str) -> str:
        try:
            read_type(text)
        except DdlError as wrong:
            raise ValueError(str(wrong)) from wrong
        return text


class Add(_Typed):
    """A field that is going to arrive."""

    op: Literal["add_column"]
    field: Pointer

    def operation(self) -> Operation:
        """Return it as the guard's core knows it."""
        return AddColumn(self.field, read_type(self.type))


class Drop(Strict):
    """A field that is not to be read any more, whoever still sends it."""

    op: Literal["drop_column"]
    field: Pointer

    def operation(self) -> Operation:
        """Return it as the guard's core knows it."""
        return DropColumn(self.field)


class Widen(_Typed):
    """A field that is going to hold more than its type does now."""

    op: Literal["widen_column"]
    field: Pointer

    def operation(self) -> Operation:
        """Return it as the guard's core knows it."""
        return WidenColumn(self.field, read_type(self.type))


class Rename(Strict):
    """A field that arrives under another name from now on; the old column stays."""

    op: Literal["rename_column"]
    field: Pointer
    to: FieldName

    def operation(self) -> Operation:
        """Return it as the guard's core knows it."""
        return RenameColumn(self.field, self.to)


class Operations(Strict):
    """Changes of columns, applied in order and together or not at all."""

    operations: list[Annotated[Add | Drop | Widen | Rename, Field(discriminator="op")]] = Field(
        min_length=1, max_length=OPERATIONS_MOST
    )
    why: Why


class Declared(Strict):
    """The version that declared changes made."""

    dataset: str
    version: int
    former: int | None
    ddl: str
    findings: list[Finding]
    rebuild: list[str] = Field(description="Commands that the tables need before the next build.")
    actor: str
    why: str


class Redefine(Strict):
    """How records become rows from now on; what is left out stays as it is."""

    mode: Mode | None = None
    pkFields: FieldNames | None = None  # noqa: N815 - the API's spelling
    orderBy: FieldNames | None = None  # noqa: N815
    why: Why


class OldNew(Strict):
    """A field of the dataset before and after."""

    old: str | list[str]
    new: str | list[str]


class Redefined(Strict):
    """What changed in how records become rows."""

    dataset: str
    revision: int
    changes: dict[str, OldNew]
    rebuild: list[str] = Field(description="Commands that the tables need before the next build.")
    actor: str
    why: str


