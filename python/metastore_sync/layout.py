"""
Whose S3 sink lands a dataset's topic: Tidegate's own, or one that is there already.

Standard library only: the model is made of it.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Layout(StrEnum):
    """How the landed objects of a topic are named and written."""

    #: Tidegate's sink: record lines named by manifests, exactly once.
    TIDEGATE = "tidegate"
    #: Confluent's S3 sink with JsonFormat, or ByteArrayFormat on JSON text.
    CONFLUENT = "confluent"
    #: Aiven's S3 sink with format.output.type jsonl or json.
    AIVEN = "aiven"


class Values(StrEnum):
    """What the sink's value converter left of the producer's text."""

    #: JsonConverter: the value is JSON inside the object's JSON.
    JSON = "json"
    #: StringConverter: the value is a JSON string that holds the producer's text.
    TEXT = "text"


class Newest(StrEnum):
    """What is done with a partition's newest object where names alone tell offsets."""

    #: It waits until its successor's name confirms how many offsets it holds.
    WAIT = "wait"
    #: It is read at once: the owner vouches that the topic has no gaps.
    READ = "read"


#: Layout to where its sink writes when nothing else was set (Confluent: `topics.dir`).
PREFIXES = {Layout.TIDEGATE: "", Layout.CONFLUENT: "topics/", Layout.AIVEN: ""}
#: Aiven's `file.name.template` when none is set.
FILE_NAME_TEMPLATE = "{{topic}}-{{partition}}-{{start_offset}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """
    Where a dataset's records land, and how they are written there.

    Attributes:
        bucket: Where the other sink writes; empty: the raw bucket.
        prefix: What its keys begin with, before the topic or the file name; ends in `/` for a folder.
        file_name_template: Aiven's `file.name.template`; empty for every other layout.
    """

    layout: Layout = Layout.TIDEGATE
    bucket: str = ""
    prefix: str = ""
    file_name_template: str = ""
    values: Values = Values.JSON
    newest: Newest = Newest.WAIT

    @property
    def is_foreign(self) -> bool:
        """Whether another sink than Tidegate's own lands the topic."""
        return self.layout is not Layout.TIDEGATE

    @property
    def guarantee(self) -> str:
        """What people are told about doubled and lost records."""
        return f"at-least-once, {self.layout} layout" if self.is_foreign else "exactly-once"

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        """Return the landing of a document that satisfies `dataset.schema.json`."""
        layout = Layout(document.get("layout", Layout.TIDEGATE))
        is_aiven = layout is Layout.AIVEN
        return cls(
            layout=layout,
            bucket=document.get("bucket", ""),
            prefix=document.get("prefix", PREFIXES[layout]),
            file_name_template=document.get("file_name_template") or (FILE_NAME_TEMPLATE if is_aiven else ""),
            values=Values(document.get("values", Values.JSON)),
            newest=Newest(document.get("newest", Newest.WAIT)),
        )

    def to_document(self) -> dict[str, str]:
        """Return it as plain JSON values; empty for Tidegate's own layout."""
        if not self.is_foreign:
            return {}
        given = {name: str(value) for name, value in asdict(self).items()}
        if self.layout is not Layout.CONFLUENT:
            del given["newest"]
        # An empty prefix says something: it is not the layout's default.
        return {name: text for name, text in given.items() if text or name == "prefix"}


def topic_uuid(layout: Layout, topic: str) -> uuid.UUID:
    """
    Return what stands for Kafka's topic id, which no other sink writes down.

    It depends on layout and topic alone, so that it survives a move to another bucket or prefix.

    >>> str(topic_uuid(Layout.CONFLUENT, "orders"))[:8]
    '918f1a55'
    """
    digest = hashlib.sha256(f"tidegate:{layout}:{topic}".encode()).digest()
    return uuid.UUID(bytes=digest[:16], version=4)
