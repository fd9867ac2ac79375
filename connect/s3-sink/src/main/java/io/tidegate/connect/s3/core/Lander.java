package io.tidegate.connect.s3.core;

import io.tidegate.connect.s3.core.LandingError.Delayed;
import io.tidegate.connect.s3.core.LandingError.Unavailable;
import java.time.Clock;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lands the partitions of one task; single-threaded, driven by deliveries.
 *
 * <p>The caller applies the seeks of {@link #takeSeeks} after this delivery and before the next.
 * After {@link Delayed} it hands over the same records again. Records that a seek has overtaken
 * are discarded here, so a delay is never asked for while a seek is pending.
 */
public final class Lander {
    private static final Logger LOG = LoggerFactory.getLogger(Lander.class);
    private static final long TOPIC_WATCH_MILLIS = 30_000;
    private static final long SWEEP_MILLIS = 1_000;

    private final LandingParts parts;
    private final RecordLine line = new RecordLine();
    private final Backoff backoff = new Backoff();
    private final Map<PartitionId, PartitionWriter> writers = new LinkedHashMap<>();
    private final Set<PartitionId> openedInDelay = new HashSet<>();
    private boolean delayed;
    private long retryAt = Long.MAX_VALUE;
    private long topicsWatchedAt;
    private final Map<PartitionId, OrphanSweep> sweeps = new LinkedHashMap<>();
    private long sweptAt;

    public Lander(LandingSettings settings, ObjectStore store, TopicLog log, Clock clock,
            Supplier<String> attempts, LandingWatch watch) {
        parts = new LandingParts(settings, store, log, clock, attempts, watch);
        topicsWatchedAt = clock.millis();
        sweptAt = clock.millis();
    }

    public Lander(LandingSettings settings, ObjectStore store, TopicLog log, Clock clock,
            Supplier<String> attempts) {
        this(settings, store, log, clock, attempts, LandingWatch.NONE);
    }

    /** Takes partitions over; one whose chain cannot be looked up yet is tried again later. */
    public void open(Collection<PartitionId> partitions) {
        parts.time.begin();
        for (PartitionId source : partitions) {
            PartitionWriter writer = new PartitionWriter(source, parts);
            writers.put(source, writer);
            sweeps.put(source, new OrphanSweep(source, parts));
            if (delayed) {
                openedInDelay.add(source);
            }
            try {
                writer.locate();
            } catch (Unavailable e) {
                LOG.warn("{}: the chain's end is not known yet: {}", source, e.getMessage());
            }
        }
    }

    /** Lets partitions go: nothing of them is committed any more, their next owner reads again. */
    public void close(Collection<PartitionId> partitions) {
        for (PartitionId source : partitions) {
            PartitionWriter writer = writers.remove(source);
            sweeps.remove(source);
            openedInDelay.remove(source);
            if (writer != null) {
                writer.drop("the partition was given up");
            }
        }
    }

    public void closeAll() {
        close(Set.copyOf(writers.keySet()));
    }

    /** Takes a delivery, possibly empty, and commits all that is due. */
    public void put(Collection<? extends Delivered> records) {
        parts.time.begin();
        writers.values().forEach(PartitionWriter::seekApplied);
        retryAt = Long.MAX_VALUE;
        try {
            watchTopics();
            for (PartitionWriter writer : writers.values()) {
                writer.locate();
                writer.settle();
            }
            openedInDelay.forEach(source -> writers.get(source).readAgain());
            for (Delivered record : records) {
                accept(record);
            }
            writers.values().forEach(PartitionWriter::rotateIfDue);
            delivered();
            backoff.reset();
            sweepIfDue();
        } catch (Unavailable e) {
            waitFor(e, records);
        }
    }

    /** Seeks wanted since the last call, by partition. */
    public Map<PartitionId, Long> takeSeeks() {
        Map<PartitionId, Long> seeks = new LinkedHashMap<>();
        writers.forEach((source, writer) -> {
            writer.wantedSeek().ifPresent(offset -> seeks.put(source, offset));
            writer.seekHandedOver();
        });
        return seeks;
    }

    /** Per partition, the offset below which everything has a manifest. */
    public Map<PartitionId, Long> committed() {
        Map<PartitionId, Long> offsets = new LinkedHashMap<>();
        writers.forEach((source, writer) ->
                writer.committedOffset().ifPresent(offset -> offsets.put(source, offset)));
        return offsets;
    }

    /** How far each partition is now. */
    public List<PartitionProgress> progress() {
        return writers.values().stream().map(PartitionWriter::progress).toList();
    }

    /** Milliseconds until {@link #put} should be called even without records; empty: no need. */
    public OptionalLong untilNextWork() {
        long at = retryAt;
        for (PartitionWriter writer : writers.values()) {
            at = Math.min(at, writer.deadline());
        }
        return at == Long.MAX_VALUE
                ? OptionalLong.empty()
                : OptionalLong.of(Math.max(1, at - parts.clock.millis()));
    }

    private void accept(Delivered record) {
        PartitionWriter writer = writers.get(record.source());
        if (writer == null || accept(writer, record) || delayed) {
            return;
        }
        LOG.debug("{}: offset {} came again", record.source(), record.offset());
        writer.offsetsCameAgain();
    }

    private boolean accept(PartitionWriter writer, Delivered record) {
        return record instanceof ErrantRecord errant
                ? writer.setAside(errant)
                : writer.accept((LandingRecord) record, line);
    }

    private void delivered() {
        delayed = false;
        openedInDelay.clear();
    }

    private void waitFor(Unavailable e, Collection<? extends Delivered> records) {
        parts.events.retrying(e);
        long pause = backoff.next();
        if (writers.values().stream().allMatch(writer -> writer.wantedSeek().isEmpty())) {
            delayed = true;
            throw new Delayed(pause, e);
        }
        LOG.warn("{}; trying again in {} ms, reading the same records again", e.getMessage(),
                pause);
        for (Delivered record : records) {
            PartitionWriter writer = writers.get(record.source());
            if (writer != null) {
                writer.readAgain();
            }
        }
        delivered();
        retryAt = parts.clock.millis() + pause;
    }

    /** Notices a topic made again even when no record of it arrives. */
    private void watchTopics() {
        if (!isPast(topicsWatchedAt, TOPIC_WATCH_MILLIS)) {
            return;
        }
        topicsWatchedAt = parts.clock.millis();
        for (PartitionWriter writer : writers.values()) {
            try {
                writer.verifyTopicId();
            } catch (Unavailable e) {
                LOG.debug("topic watch put off, each commit asks again: {}", e.getMessage());
            }
        }
    }

    /** One small step of one partition's sweep, in turn; landing never waits for more. */
    private void sweepIfDue() {
        if (isPast(sweptAt, SWEEP_MILLIS)) {
            sweptAt = parts.clock.millis();
            sweepOneStep();
        }
    }

    /** Looks for uploads that no manifest can name any more; does nothing when none is due. */
    void sweepOneStep() {
        Iterator<Map.Entry<PartitionId, OrphanSweep>> turns = sweeps.entrySet().iterator();
        if (!turns.hasNext()) {
            return;
        }
        Map.Entry<PartitionId, OrphanSweep> turn = turns.next();
        turns.remove();
        sweeps.put(turn.getKey(), turn.getValue());
        try {
            turn.getValue().step(writers.get(turn.getKey()).place());
        } catch (LandingError e) {
            LOG.warn("{}: orphans are looked for again later: {}", turn.getKey(), e.getMessage());
        }
    }

    /** Whether the time is over; a clock that was set back ends it as well. */
    private boolean isPast(long since, long millis) {
        return Math.abs(parts.clock.millis() - since) >= millis;
    }
}
