"""Records that an object brings again: the same as those read before, or others under the same offsets."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field

from schema_guard import lines, records
from schema_guard.chains import manifest_keys
from schema_guard.edges.s3 import Store
from schema_guard.manifests import from_document
from schema_guard.relanding.origin import MAX_LINE_BYTES
from schema_guard.relanding.records import ForeignRecord
from schema_guard.relanding.tail import Chain


@dataclass(slots=True)
class Overlap:
    """
    What became of one object's records that lie below the end of the chain.

    Attributes:
        same: Records that were read before, byte for byte.
        differing: Offset and landed object of the first record that was read with another value.
        others: How many of those there are.
        missed: Offsets that were passed without a record: these came too late.
        first_missed: The first of them.
    """

    raw: Store
    chain: Chain
    same: int = 0
    others: int = 0
    differing: tuple[int, str] | None = None
    missed: int = 0
    first_missed: int | None = None
    _known: Iterator[tuple[int, bytes | None, str]] | None = None
    _at: tuple[int, bytes | None, str] | None = field(default=None)

    def see(self, record: ForeignRecord) -> None:
        """Compare a record with the one that was read at its offset; offsets rise from call to call."""
        if self._known is None:
            self._known = _relanded(self.raw, self.chain, record.offset)
            self._at = next(self._known, None)
        while self._at is not None and self._at[0] < record.offset:
            self._at = next(self._known, None)
        if self._at is None or self._at[0] > record.offset:
            self.missed += 1
            self.first_missed = record.offset if self.first_missed is None else self.first_missed
        elif self._at[1] == record.value:
            self.same += 1
        else:
            self.others += 1
            self.differing = self.differing or (record.offset, self._at[2])


def _relanded(raw: Store, chain: Chain, first: int) -> Iterator[tuple[int, bytes | None, str]]:
    """Yield offset, value and landed object of what the chain holds from an offset on."""
    # An overlap is rare: all names of the chain are listed, only the manifests that matter are read.
    names = list(manifest_keys(raw, chain.folder, chain.folder))
    expected = [int(name.removeprefix(chain.folder).removesuffix(".json")) for name in names]
    begin = max((n for n, offset in enumerate(expected) if offset <= first), default=0)
    for name in names[begin:]:
        manifest = from_document(name, raw.document(name))
        stored = raw.stream(
            manifest.data_key, sha256=manifest.sha256, size=manifest.bytes, dataset=chain.topic
        )
        for line in lines.split(lines.gunzip(stored), 2 * MAX_LINE_BYTES):
            if not isinstance(line, lines.SkippedLine):
                record = records.decode(line)
                yield record.offset, _bytes(record), manifest.data_key


def _bytes(record: records.Record) -> bytes | None:
    if record.value_base64 is not None:
        return base64.b64decode(record.value_base64)
    return None if record.value is None else record.value.encode()
