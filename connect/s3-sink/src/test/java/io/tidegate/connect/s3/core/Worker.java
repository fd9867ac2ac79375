package io.tidegate.connect.s3.core;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * One sink task as Connect's WorkerSinkTask runs it: seeks act before the next poll, a delayed
 * batch is delivered again while everything is paused, and a revoked partition's records leave the
 * batch only if their topic was not renamed by a transform.
 */
final class Worker {
    final Lander lander;
    private final InMemoryLog log;
    private final Map<PartitionId, Long> positions = new TreeMap<>(
            (a, b) -> Integer.compare(a.partition(), b.partition()));
    private final Map<PartitionId, Long> seeks = new HashMap<>();
    private final List<LandingRecord> batch = new ArrayList<>();
    private boolean paused;
    /** Broken on purpose: the seeks the sink asks for are forgotten. */
    boolean ignoresSeeks;

    Worker(InMemoryLog log, Lander lander) {
        this.log = log;
        this.lander = lander;
    }

    Set<PartitionId> assigned() {
        return Set.copyOf(positions.keySet());
    }

    /** Assigns a partition whose group offset is {@code groupOffset}. */
    void assign(PartitionId source, long groupOffset) {
        positions.put(source, groupOffset);
        lander.open(List.of(source));
        takeSeeks();
        applySeeks();
    }

    void revoke(PartitionId source, boolean purgesBatch) {
        lander.close(List.of(source));
        positions.remove(source);
        seeks.remove(source);
        if (purgesBatch) {
            batch.removeIf(record -> record.source().equals(source));
        }
        paused = paused && !batch.isEmpty();
    }

    /** One iteration: seek, poll at most {@code limit} records a partition, put. */
    boolean iterate(int limit) {
        applySeeks();
        if (!paused) {
            positions.keySet().forEach(source -> poll(source, limit));
        }
        try {
            lander.put(List.copyOf(batch));
        } catch (LandingError.Delayed e) {
            paused = true;
            return false;
        }
        takeSeeks();
        batch.clear();
        paused = false;
        return true;
    }

    private void poll(PartitionId source, int limit) {
        InMemoryLog.Partition partition = log.partition(source.partition());
        long position = positions.get(source);
        if (position < partition.start || position > partition.end) {
            position = partition.start; // out of range: auto.offset.reset=earliest
        }
        List<LandingRecord> read = log.read(source, position, limit);
        batch.addAll(read);
        positions.put(source, read.isEmpty()
                ? position
                : read.get(read.size() - 1).offset() + 1);
    }

    private void takeSeeks() {
        Map<PartitionId, Long> wanted = lander.takeSeeks();
        if (!ignoresSeeks) {
            seeks.putAll(wanted);
        }
    }

    private void applySeeks() {
        seeks.forEach((source, offset) -> positions.replace(source, offset));
        seeks.clear();
    }
}
