"""
Names of the objects that other sinks write: which partition, which offset, or why not.

Confluent: `<topics.dir>/<topic>/<encodedPartition>/<topic>+<partition>+<start offset>.json[.gz]`, where the
folder may be of any depth. Aiven: `<aws.s3.prefix><file.name.template>[.gz]`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, assert_never

from metastore_sync.layout import Landing, Layout


class Kind(StrEnum):
    """What an object's name says about it."""

    #: Values, or whole records.
    RECORDS = "records"
    #: Keys or headers of the values beside it.
    SIBLING = "sibling"
    #: Of this sink and topic, in a format that is not read.
    REFUSED = "refused"
    #: Nothing of this topic.
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What one key says; `start` is the first offset inside, `why` the reason of a refusal."""

    kind: Kind
    partition: int = 0
    start: int = 0
    why: str = ""


_OTHER = Name(kind=Kind.OTHER)


class Names(Protocol):
    """
    How one layout names a topic's objects.

    Attributes:
        root: What every key of the topic begins with.
    """

    root: str

    def read(self, key: str) -> Name:
        """Return what a key below the root says."""
        ...

    def partition_of(self, folder: str) -> int | None:
        """Return the one partition of a folder in which later objects sort behind earlier ones."""
        ...

    def before(self, folder: str, partition: int, offset: int) -> str | None:
        """Return a key that sorts before the object of `offset` and behind all earlier ones, if any does."""
        ...


def names_of(landing: Landing, topic: str) -> Names:
    """Return the names of a layout that is not Tidegate's own."""
    match landing.layout:
        case Layout.CONFLUENT:
            return Confluent(landing.prefix, topic)
        case Layout.AIVEN:
            return Aiven(landing.prefix + landing.file_name_template, topic)
        case Layout.TIDEGATE:
            message = "Tidegate's own objects are named by manifests"
            raise ValueError(message)
        case _:
            assert_never(landing.layout)


class Confluent:
    """
    Names as `io.confluent.connect.s3` makes them.

    >>> Confluent("topics/", "t").read("topics/t/partition=3/t+3+0000000042.json.gz")
    Name(kind=<Kind.RECORDS: 'records'>, partition=3, start=42, why='')
    """

    #: Digits of `filename.offset.zero.pad.width` as it is when nobody set it.
    _WIDTH = 10

    def __init__(self, prefix: str, topic: str) -> None:
        self._topic = topic
        self.root = f"{prefix}{topic}/"
        name = rf"{re.escape(topic)}\+(?P<partition>\d+)\+(?P<start>\d+)(?P<ending>(\.[A-Za-z0-9]+)*)"
        self._name = re.compile(rf"{re.escape(self.root)}.+/{name}")

    def read(self, key: str) -> Name:
        """Return what a key says; keys and headers have files of their own beside the values."""
        found = self._name.fullmatch(key)
        if found is None:
            return _OTHER
        kind, why, ending = Kind.RECORDS, "", found["ending"]
        if ending.startswith((".keys.", ".headers.")):
            kind = Kind.SIBLING
        elif ending.removesuffix(".gz") != ".json":
            kind = Kind.REFUSED
            why = (
                f"it ends in {ending or 'nothing'}, not in .json or .json.gz; set format.class="
                "io.confluent.connect.s3.format.json.JsonFormat and s3.compression.type=none or gzip there"
            )
        return Name(kind=kind, partition=int(found["partition"]), start=int(found["start"]), why=why)

    def partition_of(self, folder: str) -> int | None:
        """Return the partition of a folder of DefaultPartitioner, `partition=3`."""
        found = re.fullmatch(r"partition=(\d+)", folder)
        return int(found[1]) if found else None

    def before(self, folder: str, partition: int, offset: int) -> str | None:
        """Return where to go on; none when offsets outgrow their padding."""
        if offset >= 10**self._WIDTH:
            return None
        return f"{self.root}{folder}/{self._topic}+{partition}+{offset:0{self._WIDTH}d}"


#: Variables of `file.name.template` that are read, and what their text looks like.
_VARIABLES = {
    "partition": r"(?P<partition>\d+)",
    "start_offset": r"(?P<start>\d+)",
    "timestamp:unit=yyyy": r"\d{4}",
    "timestamp:unit=YYYY": r"\d{4}",
    "timestamp:unit=MM": r"\d{2}",
    "timestamp:unit=dd": r"\d{2}",
    "timestamp:unit=HH": r"\d{2}",
    "topic": "",
}
_PART = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_SORTED = re.compile(r"\{\{\s*partition\s*\}\}/\{\{\s*start_offset:padding=true\s*\}\}[^{}]*")


class Aiven:
    """
    Names as `io.aiven.kafka.connect.s3` makes them of its prefix and template.

    >>> Aiven("raw/{{topic}}-{{partition}}-{{start_offset}}", "t").read("raw/t-3-42.gz")
    Name(kind=<Kind.RECORDS: 'records'>, partition=3, start=42, why='')
    """

    def __init__(self, template: str, topic: str) -> None:
        if wrong := mistake_in(template):
            raise ValueError(wrong)
        known = re.sub(r"\{\{\s*topic\s*\}\}", topic, template)
        texts, variables = _PART.split(known)[::2], [_plain(name) for name in _PART.findall(known)]
        self.root = texts[0]
        pattern = re.escape(texts[0])
        for variable, text in zip(variables, texts[1:], strict=True):
            pattern += _once(variable, pattern) + re.escape(text)
        self._name = re.compile(rf"{pattern}(\.(gz|snappy|zst))?")
        # Folders by partition, padded offsets in them: the one template of which a part can be listed.
        self._is_sorted = bool(_SORTED.fullmatch(known, len(self.root)))

    def read(self, key: str) -> Name:
        """Return what a key says; compression shows in the object's first bytes, names need not tell it."""
        found = self._name.fullmatch(key)
        if found is None:
            return _OTHER
        return Name(kind=Kind.RECORDS, partition=int(found["partition"]), start=int(found["start"]))

    def partition_of(self, folder: str) -> int | None:
        """Return the partition of a folder, where the template puts each into one."""
        return int(folder) if self._is_sorted and folder.isdecimal() else None

    def before(self, folder: str, _: int, offset: int) -> str | None:
        """Return where to go on in a partition's folder."""
        return f"{self.root}{folder}/{offset:020d}"


def mistake_in(template: str) -> str:
    """
    Return what is wrong with a prefix and `file.name.template`; empty when they can be read.

    >>> mistake_in("{{key}}")
    'has the variable key, which keeps the latest record of each key only; allowed: topic, partition, …'
    """
    names = [_plain(name) for name in _PART.findall(template)]
    for name in names:
        if name == "key":
            return (
                "has the variable key, which keeps the latest record of each key only; "
                "allowed: topic, partition, …"
            )
        if name not in _VARIABLES:
            return f"has the variable {name}, which is not known; allowed: {', '.join(_VARIABLES)}"
    missing = [name for name in ("topic", "partition", "start_offset") if name not in names]
    if missing:
        return f"lacks {{{{{missing[0]}}}}}: without it a record has no place"
    return ""


def _plain(variable: str) -> str:
    """Return a variable without its padding, which the pattern accepts either way."""
    return re.sub(r":padding=(true|false)$", "", variable)


def _once(variable: str, before: str) -> str:
    """Return a variable's pattern; where it comes again, the same text must."""
    pattern = _VARIABLES[variable]
    named = re.match(r"\(\?P<(\w+)>", pattern)
    return rf"(?P={named[1]})" if named and named[0] in before else pattern
