"""One partition of another sink's objects, in the order of their offsets, behind the end of its chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

from metastore_sync.layout import Landing, Layout, Newest, topic_uuid
from metastore_sync.layout_listing import Listed
from schema_guard import layout_errors as errors
from schema_guard.edges.relanding import RelandingStore
from schema_guard.edges.s3 import Store
from schema_guard.relanding import origin, reading, tail
from schema_guard.relanding.overlap import Overlap
from schema_guard.relanding.records import ForeignRecord
from schema_guard.relanding.tail import Chain, Tail
from schema_guard.relanding.writer import Origin, Writer

#: How long an object before a gap may still appear: sinks upload the files of a flush one after the other.
SETTLE = timedelta(minutes=15)
#: Records of a chain's first object that are looked at before anything is committed.
_SAMPLE = 1_000


@dataclass(slots=True)
class Relanded:
    """
    What a run brought over.

    Attributes:
        objects: Objects of the other sink that were read to their end.
        records: Records that landed.
        duplicates: Records that had landed before, out of other objects or earlier writings.
        waiting: Objects that are not read yet: the newest of a partition, or those behind a fresh gap.
        notices: What a person should know: objects written again, records that came too late.
    """

    objects: int = 0
    records: int = 0
    duplicates: int = 0
    waiting: int = 0
    notices: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Partition:
    """One partition on its way over."""

    store: RelandingStore
    raw: Store
    landing: Landing
    bucket: str
    chain: Chain
    tail: Tail
    objects: list[Listed]
    done: Relanded

    def run(self) -> None:
        """Read every object that is new or was written again, as far as that is safe by now."""
        unnoted = 0
        for number, listed in enumerate(self.objects):
            if self.tail.is_known(listed):
                continue
            following = self.objects[number + 1 : number + 2]
            if not self._may_read(listed) or not self._read(listed, following):
                self.done.waiting += sum(not self.tail.is_known(later) for later in self.objects[number:])
                break
            unnoted += 1
            if unnoted == tail.REMEMBERED:
                # A killed run leaves no more manifests to be read again than that.
                tail.write(self.store, self.chain, self.tail)
                unnoted = 0
        if unnoted:
            tail.write(self.store, self.chain, self.tail)

    @property
    def _end(self) -> int:
        return max(self.tail.next_offset, self.tail.start)

    def _may_read(self, listed: Listed) -> bool:
        """Return whether nothing can appear any more that has to be read first."""
        is_first = self.tail.expected is None
        follows = listed.start == 0 if is_first else listed.start <= self._end
        if not follows and not _is_settled(listed):
            return False
        if self.landing.layout is Layout.CONFLUENT and self.landing.newest is Newest.WAIT:
            return self.objects[-1].start > listed.start
        return True

    def _read(self, listed: Listed, following: list[Listed]) -> bool:
        """Bring one object over; return False when its end has to wait."""
        if self.tail.expected is None:
            self._check_sample(listed)
            self.tail.start = listed.start
        end, resumes = self._end, self.tail.unfinished == (listed.key, listed.etag)
        known, _ = self.tail.sources.get(listed.key, ("", 0))
        layout = self.landing.layout
        source = Origin(layout, self.bucket, listed, topic_uuid(layout, self.chain.topic))
        writer = Writer(self.store, self.chain, self.tail, source)
        writer.contiguous = listed.start <= end
        overlap = Overlap(self.raw, self.chain)
        reached = listed.start
        for record in self._records(listed):
            reached = record.offset + 1
            if record.offset < end:
                overlap.see(record)
                continue
            self._check_place(listed, overlap)
            writer.add(record)
        if not self._finish(writer, max(end, reached), following):
            return False
        self._notice(listed, known, writer.records, overlap)
        duplicates = 0 if resumes else overlap.same
        self.tail.duplicates += duplicates
        self.tail.remember(listed.key, listed.etag, listed.start)
        self.done.objects += 1
        self.done.records += writer.records
        self.done.duplicates += duplicates
        return True

    def _records(self, listed: Listed) -> Iterator[ForeignRecord]:
        return reading.records(
            self.landing, listed, origin.text_lines(listed.key, self.store.origin(listed))
        )

    def _finish(self, writer: Writer, reached: int, following: list[Listed]) -> bool:
        """Commit the rest; this object answers for offsets up to the next one that nobody holds."""
        is_short = bool(following) and following[0].start > reached
        if self.landing.layout is not Layout.CONFLUENT or not is_short:
            writer.finish()
            return True
        if not _is_settled(following[0]):
            return False
        writer.finish(following[0].start - 1)
        return True

    def _check_sample(self, listed: Listed) -> None:
        """Refuse a topic whose first values are no JSON objects: it is set otherwise than declared."""
        seen = [record for record in islice(self._records(listed), _SAMPLE) if record.value is not None]
        if seen and not any((record.value or b"").lstrip().startswith(b"{") for record in seen):
            raise errors.no_objects(listed.key, as_text=self.landing.values == "text")

    def _check_place(self, listed: Listed, overlap: Overlap) -> None:
        """Refuse new records of an object whose earlier ones are others than were read at their offsets."""
        if overlap.differing is not None and self.landing.layout is Layout.CONFLUENT:
            offset, known = overlap.differing
            raise errors.misplaced(listed.key, self.chain.partition, offset, known)

    def _notice(self, listed: Listed, known: str, new: int, overlap: Overlap) -> None:
        """Tell of an object that was read under another etag, of other records, and of late ones."""
        if known and known != listed.etag:
            what = f"{overlap.same} records were read before, {new} are new"
            self.done.notices.append(
                f"{listed.key} was written again after it was read: etag {known} → {listed.etag}; {what}"
            )
        if overlap.others and overlap.differing:
            offset, before = overlap.differing
            what = f"{overlap.others} records differ from {before}, the first at offset {offset}"
            self.done.notices.append(f"{listed.key}: {what}; the first reading stays")
        if overlap.missed:
            place = f"offset {overlap.first_missed} of partition {self.chain.partition}"
            what = f"{overlap.missed} records from {place} on were passed as missing"
            self.done.notices.append(f"{listed.key} came too late: {what}; they are not loaded")


def _is_settled(listed: Listed) -> bool:
    return datetime.now(UTC) - listed.modified >= SETTLE
