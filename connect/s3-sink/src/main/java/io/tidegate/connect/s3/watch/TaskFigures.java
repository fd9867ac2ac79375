package io.tidegate.connect.s3.watch;

import io.tidegate.connect.s3.store.StoreEvents;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** What is known of the task as a whole. */
final class TaskFigures implements S3SinkTaskMXBean, StoreEvents {
    final Counters counters = new Counters();
    final AtomicLong retries = new AtomicLong();
    private final AtomicLong repeated = new AtomicLong();
    private final AtomicLong discardedBefore = new AtomicLong();
    private final Map<String, Long> errors = new ConcurrentHashMap<>();
    private volatile List<PartitionWatch> partitions = List.of();
    private volatile String lastError = "none";

    void show(Collection<PartitionWatch> now) {
        partitions = List.copyOf(now);
    }

    void lastError(String message) {
        lastError = message;
    }

    String lastError() {
        return lastError;
    }

    void discardedByFormerPartitions(long records) {
        discardedBefore.addAndGet(records);
    }

    @Override
    public void failed(String kind) {
        errors.merge(kind, 1L, Long::sum);
    }

    @Override
    public void repeated(int times) {
        repeated.addAndGet(times);
    }

    @Override
    public long getPartitions() {
        return partitions.size();
    }

    @Override
    public long getRecordsLanded() {
        return counters.records.get();
    }

    @Override
    public long getBytesLanded() {
        return counters.bytes.get();
    }

    @Override
    public Map<String, Long> getObjectsByCloseReason() {
        return counters.closed();
    }

    @Override
    public long getLastCommitMillis() {
        return counters.lastCommitMillis.get();
    }

    @Override
    public long getLongestCommitMillis() {
        return counters.longestCommitMillis.get();
    }

    @Override
    public long getRecordsBehind() {
        long sum = 0;
        for (PartitionWatch partition : partitions) {
            long behind = partition.getRecordsBehind();
            if (behind < 0) {
                return -1;
            }
            sum += behind;
        }
        return sum;
    }

    @Override
    public long getSecondsBehind() {
        return partitions.stream().mapToLong(PartitionWatch::getSecondsBehind).max().orElse(0);
    }

    @Override
    public long getRetries() {
        return retries.get();
    }

    @Override
    public long getStoreRequestsRepeated() {
        return repeated.get();
    }

    @Override
    public Map<String, Long> getStoreErrors() {
        return new TreeMap<>(errors);
    }

    @Override
    public long getRecordsDropped() {
        return counters.dropped.get();
    }

    @Override
    public long getRecordsDiscarded() {
        return discardedBefore.get() + partitions.stream()
                .mapToLong(PartitionWatch::getRecordsDiscarded).sum();
    }

    @Override
    public long getErrantRecords() {
        return counters.errant.get();
    }
}
