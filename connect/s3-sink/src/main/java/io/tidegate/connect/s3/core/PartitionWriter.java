package io.tidegate.connect.s3.core;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lands one partition: knows its place in the chain, the next offset to read, the open object.
 *
 * <p>In doubt it discards what it is handed and asks to read again from {@code next}: that is
 * always safe, because records count by offset and not by delivery.
 */
final class PartitionWriter {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionWriter.class);

    private final PartitionId source;
    private final LandingParts parts;

    private ChainPlace place;
    private OptionalLong vouched = OptionalLong.empty();
    private long next;
    private OptionalLong firstJump = OptionalLong.empty();
    private OpenObject open;
    private SealedObject sealed;
    private OptionalLong wantedSeek = OptionalLong.empty();
    private boolean discarding;
    private boolean idVerified;
    private final SetAside setAside;
    private long discarded;

    PartitionWriter(PartitionId source, LandingParts parts) {
        this.source = source;
        this.parts = parts;
        setAside = new SetAside(source);
    }

    /** Finds the chain's end, if that is still to be done, and asks to read from there. */
    void locate() {
        if (place == null) {
            parts.time.mayBegin(source);
            Chain.Found found = parts.chain.locate(source);
            moveTo(found.place(), found.readable());
            LOG.info("{}: topic id {}, chain continues at offset {}, reading from {}",
                    source, place.topicId(), place.readFrom(), next);
        }
    }

    /** Takes a record; false when it was not taken because it lies before the next offset. */
    boolean accept(LandingRecord record, RecordLine line) {
        if (discarding || place == null || record.offset() < next) {
            discarded++;
            return discarding || place == null;
        }
        if (jumps(record.offset())) {
            return true;
        }
        if (open == null) {
            open = new OpenObject(parts.settings, parts.budget, parts.clock.millis());
        }
        open.append(record, line.encode(record));
        if (firstJump.isEmpty()) {
            firstJump = setAside.jumpBefore(record.offset(), next);
        }
        setAside.recordTaken();
        next = record.offset() + 1;
        rotateIfDue();
        return true;
    }

    /** Hands a record that cannot be landed over; false when that was done before. */
    boolean setAside(ErrantRecord record) {
        if (discarding || place == null || record.offset() < next) {
            discarded++;
            return discarding || place == null;
        }
        if (jumps(record.offset())) {
            return true;
        }
        setAside.add(record, next);
        next = record.offset() + 1;
        parts.events.setAside(source, record.offset());
        return true;
    }

    /**
     * Whether records before {@code offset} are still held, and have to be read first.
     *
     * <p>Under a consumer reset to the log's end, a reader whose next record has expired is thrown
     * past records that are still held. A gap of one offset can hide none: what is missing there
     * has expired, or is a transaction marker.
     */
    private boolean jumps(long offset) {
        if (offset - next <= 1) {
            return false;
        }
        long start = parts.log.offsets(source).start();
        if (start <= next || start >= offset) {
            return false;
        }
        LOG.warn("{}: the log now starts at {}, behind offset {}; reading on from there",
                source, start, next);
        if (firstJump.isEmpty()) {
            firstJump = OptionalLong.of(next);
        }
        next = start;
        seek(next);
        return true;
    }

    /** Closes and commits the open object when a limit is reached, the clock's included. */
    void rotateIfDue() {
        if (open == null) {
            return;
        }
        Optional<Rotation.Reason> reason =
                parts.settings.rotation().due(open, parts.clock.millis());
        if (reason.isPresent()) {
            sealed = seal(reason.get());
            settle();
        }
    }

    /** Commits what is sealed; repeats an earlier attempt if that one failed. */
    void settle() {
        if (sealed == null) {
            return;
        }
        parts.time.mayBegin(source);
        setAside.awaitReports();
        CommitOutcome outcome = parts.committer.commit(source, place, sealed);
        if (outcome instanceof CommitOutcome.Committed done) {
            committed(done.manifest());
        } else if (outcome instanceof CommitOutcome.Lost lost) {
            lost(lost.winner());
        } else if (outcome instanceof CommitOutcome.TopicChanged changed) {
            restart(changed.now());
        }
    }

    /** Offsets never go back by themselves: the topic is new, or its log was cut short. */
    void offsetsCameAgain() {
        if (place == null || idVerified) {
            return;
        }
        TopicLog.Range offsets = parts.log.offsets(source);
        ChainPlace before = place;
        verifyTopicId();
        if (place == before) {
            parts.chain.refuseTruncated(source, place, offsets);
            if (offsets.end() < next) {
                drop("the log was cut short behind what has landed");
                moveTo(place, place.readFrom());
            }
        }
    }

    /** Starts the chain of the topic's present id if that is no longer the one being read. */
    void verifyTopicId() {
        if (place == null || idVerified) {
            return;
        }
        TopicId now = parts.log.topicId(source.topic());
        idVerified = true;
        if (!now.equals(place.topicId())) {
            restart(now);
        }
    }

    /** Asks for the records from {@code next} on again; keeps what is already taken. */
    void readAgain() {
        if (place != null && wantedSeek.isEmpty()) {
            seek(next);
        }
    }

    /** A new delivery begins; seeks of the last one have been applied. */
    void seekApplied() {
        discarding = false;
        idVerified = false;
    }

    OptionalLong wantedSeek() {
        return wantedSeek;
    }

    void seekHandedOver() {
        wantedSeek = OptionalLong.empty();
    }

    /**
     * The offset up to which manifests vouch; where the chain begins while nothing has landed.
     *
     * <p>Empty only while no chain was ever known: Connect commits a partition that is left out
     * at the offset of its last seek, and records before that may still be open.
     */
    OptionalLong committedOffset() {
        return place == null ? vouched : OptionalLong.of(place.readFrom());
    }

    /** The end of the chain; null while it is unknown. */
    ChainPlace place() {
        return place;
    }

    /** When the open object becomes due, in milliseconds since 1970; never while there is none. */
    long deadline() {
        return open == null ? Long.MAX_VALUE : parts.settings.rotation().deadline(open);
    }

    PartitionProgress progress() {
        Long oldest = sealed != null ? sealed.facts().minTimestamp()
                : open != null ? open.minTimestamp() : null;
        return new PartitionProgress(source, state(), place == null ? -1 : place.readFrom(),
                open == null ? 0 : open.recordCount(), open == null ? 0 : open.lineBytes(),
                open == null ? -1 : open.openedAtMillis(),
                sealed == null ? 0 : sealed.facts().span().records(), oldest, discarded);
    }

    private PartitionProgress.State state() {
        if (place == null) {
            return PartitionProgress.State.LOCATING;
        }
        if (sealed != null) {
            return PartitionProgress.State.COMMITTING;
        }
        if (discarding) {
            return PartitionProgress.State.SEEKING;
        }
        return open == null ? PartitionProgress.State.IDLE : PartitionProgress.State.FILLING;
    }

    /** Forgets everything uncommitted; uploads whose commit is unknown stay for the sweeper. */
    void drop(String why) {
        if (open != null) {
            LOG.info("{}: dropped an open object of {} records from offset {}: {}",
                    source, open.recordCount(), open.firstOffset(), why);
            parts.events.dropped(source, open.recordCount());
            open.discard();
            open = null;
        }
        if (sealed != null) {
            LOG.info("{}: dropped the closed object {}: {}",
                    source, sealed.facts().dataKey(), why);
            parts.events.dropped(source, sealed.facts().span().records());
            sealed.discard();
            sealed = null;
        }
    }

    private SealedObject seal(Rotation.Reason reason) {
        OpenObject closing = open;
        open = null;
        Content content = closing.close();
        Instant landedAt = parts.clock.instant();
        String attempt = parts.attempts.get();
        Compression compression = parts.settings.compression();
        String key = parts.settings.layout().dataKey(source, place.topicId(),
                closing.firstOffset(), attempt, landedAt.atZone(ZoneOffset.UTC).toLocalDate(),
                compression);
        ObjectFacts facts = new ObjectFacts(key, attempt, compression, closing.sha256Hex(),
                content.length(), closing.lineBytes(), closing.valueBytes(),
                closing.span().withErrants(setAside.takeCovered()), closing.minTimestamp(),
                closing.maxTimestamp(), landedAt);
        LOG.info("{}: closed {}: reason={} records={} offsets={}..{} bytes={}", source, key,
                reason, closing.recordCount(), facts.span().first(), facts.span().last(),
                facts.bytes());
        parts.events.closed(source, reason, facts);
        boolean jumped = firstJump.isPresent() && firstJump.getAsLong() <= facts.span().last();
        return new SealedObject(facts, content, closing,
                jumped ? firstJump : OptionalLong.empty());
    }

    private void committed(Manifest manifest) {
        parts.events.landed(source, sealed.facts());
        sealed.discard();
        sealed = null;
        place = place.after(manifest);
        // Reading may have gone on behind a gap that begins where this object ends.
        firstJump = next - setAside.behindLastRecord() > place.expectedOffset()
                ? OptionalLong.of(place.expectedOffset())
                : OptionalLong.empty();
        LOG.debug("{}: landed up to offset {}", source, manifest.object().span().last());
    }

    private void lost(Manifest winner) {
        LOG.warn("{}: another writer landed offsets {}..{} first; reading on behind it",
                source, winner.object().span().first(), winner.object().span().last());
        ChainPlace end = parts.chain.following(source, place, winner);
        long readable = parts.chain.readable(source, end);
        drop("another writer was first");
        moveTo(end, readable);
    }

    private void restart(TopicId now) {
        LOG.warn("{}: topic id {} -> {}: the topic was created again; its new chain begins",
                source, place.topicId(), now);
        drop("the topic was created again");
        place = null;
        vouched = OptionalLong.of(0);
        locate();
    }

    private void moveTo(ChainPlace end, long readable) {
        place = end;
        next = readable;
        setAside.forget();
        firstJump = readable > end.readFrom()
                ? OptionalLong.of(end.readFrom())
                : OptionalLong.empty();
        seek(readable);
    }

    private void seek(long offset) {
        discarding = true;
        wantedSeek = OptionalLong.of(offset);
    }
}
