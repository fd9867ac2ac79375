package io.tidegate.connect.s3.core;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * One sink task as Connect's WorkerSinkTask runs it: seeks act before the next poll and count as
 * committed, a delayed batch is delivered again while everything is paused, a revoked partition's
 * records leave the batch only if their topic was not renamed by a transform, and a partition that
 * the sink reports nothing for is committed at the offset of its last seek.
 */
final class Worker {
    /** A sink that is broken on purpose. */
    enum Broken {
        NOT,
        /** The seeks the sink asks for are forgotten. */
        FORGETS_SEEKS,
        /** What was read is reported, landed or not. */
        REPORTS_WHAT_IT_READ,
        /** Asks for the same records again although a seek is pending. */
        DELAYS_WHILE_A_SEEK_IS_PENDING
    }

    private static final Comparator<PartitionId> ORDER =
            Comparator.comparingInt(PartitionId::partition);

    final Lander lander;
    final Actor actor = new Actor();
    Broken broken = Broken.NOT;
    private final Bench bench;
    private final Map<PartitionId, Long> positions = new TreeMap<>(ORDER);
    private final Map<PartitionId, Long> consumed = new TreeMap<>(ORDER);
    private final Map<PartitionId, Long> committed = new TreeMap<>(ORDER);
    /** Partitions committed where the group stood before this task had a say. */
    private final Set<PartitionId> inherited = new HashSet<>();
    private final Map<PartitionId, Long> seeks = new TreeMap<>(ORDER);
    private final List<LandingRecord> batch = new ArrayList<>();
    private boolean paused;

    Worker(Bench bench, Lander lander) {
        this.bench = bench;
        this.lander = lander;
    }

    List<PartitionId> assigned() {
        return List.copyOf(positions.keySet());
    }

    /** Assigns a partition whose group offset is {@code groupOffset}. */
    void assign(PartitionId source, long groupOffset) {
        long landed = bench.landedEnd(source);
        positions.put(source, groupOffset);
        consumed.put(source, groupOffset);
        committed.put(source, groupOffset);
        inherited.add(source);
        TopicId id = bench.log.id;
        lander.open(List.of(source));
        takeSeeks();
        if (seeks.containsKey(source) && id.equals(bench.log.id)) {
            bench.opened(source, landed, seeks.get(source));
        }
        applySeeks();
    }

    void revoke(PartitionId source, boolean purgesBatch) {
        commit();
        lander.close(List.of(source));
        List.of(positions, consumed, committed, seeks).forEach(map -> map.remove(source));
        if (purgesBatch) {
            batch.removeIf(record -> record.source().equals(source));
        }
        paused = paused && !batch.isEmpty();
    }

    /** One iteration: seek, poll at most {@code limit} records a partition, put, commit. */
    boolean iterate(int limit) {
        applySeeks();
        if (!paused) {
            positions.keySet().forEach(source -> poll(source, limit));
        }
        try {
            lander.put(List.copyOf(batch));
        } catch (LandingError.Delayed e) {
            paused = true;
            commit();
            return false;
        }
        takeSeeks();
        if (broken == Broken.DELAYS_WHILE_A_SEEK_IS_PENDING && !seeks.isEmpty()) {
            paused = true;
            return false;
        }
        batch.forEach(record ->
                consumed.computeIfPresent(record.source(), (s, o) -> record.offset() + 1));
        batch.clear();
        paused = false;
        commit();
        return true;
    }

    private void poll(PartitionId source, int limit) {
        InMemoryLog.Partition partition = bench.log.partition(source.partition());
        long position = positions.get(source);
        if (position < partition.start || position > partition.end) {
            position = bench.resetsTo == StartAt.LATEST ? partition.end : partition.start;
        }
        List<LandingRecord> read = bench.log.read(source, position, limit);
        batch.addAll(read);
        positions.put(source, read.isEmpty()
                ? position
                : read.get(read.size() - 1).offset() + 1);
    }

    /** What Connect commits for the group, from what the sink's preCommit answers. */
    private void commit() {
        Map<PartitionId, Long> reported = new TreeMap<>(ORDER);
        lander.committed().forEach((source, offset) -> {
            if (consumed.containsKey(source)) {
                reported.put(source, Math.min(offset, consumed.get(source)));
            }
        });
        if (broken == Broken.REPORTS_WHAT_IT_READ) {
            reported.putAll(consumed);
        }
        if (reported.isEmpty()) {
            return;
        }
        committed.putAll(reported);
        inherited.removeAll(reported.keySet());
        committed.forEach((source, offset) -> {
            if (!inherited.contains(source)) {
                bench.reported(source, offset);
            }
        });
    }

    private void takeSeeks() {
        Map<PartitionId, Long> wanted = lander.takeSeeks();
        if (broken != Broken.FORGETS_SEEKS) {
            seeks.putAll(wanted);
        }
    }

    private void applySeeks() {
        seeks.forEach((source, offset) -> {
            positions.replace(source, offset);
            consumed.replace(source, offset);
            committed.replace(source, offset);
            inherited.remove(source);
        });
        seeks.clear();
    }
}
