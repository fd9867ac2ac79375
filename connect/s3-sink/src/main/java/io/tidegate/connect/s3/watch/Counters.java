package io.tidegate.connect.s3.watch;

import io.tidegate.connect.s3.core.ObjectFacts;
import io.tidegate.connect.s3.core.Rotation;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Sums of one partition or one task: written by the task, read by anybody. */
final class Counters {
    final AtomicLong records = new AtomicLong();
    final AtomicLong bytes = new AtomicLong();
    final AtomicLong dropped = new AtomicLong();
    final AtomicLong errant = new AtomicLong();
    final AtomicLong lastCommitMillis = new AtomicLong(-1);
    final AtomicLong longestCommitMillis = new AtomicLong(-1);
    private final Map<String, Long> closed = new ConcurrentHashMap<>();

    void closed(Rotation.Reason reason) {
        closed.merge(reason.name(), 1L, Long::sum);
    }

    void landed(ObjectFacts object, long nowMillis) {
        records.addAndGet(object.span().records());
        bytes.addAndGet(object.bytes());
        long took = nowMillis - object.landedAt().toEpochMilli();
        lastCommitMillis.set(took);
        longestCommitMillis.accumulateAndGet(took, Math::max);
    }

    Map<String, Long> closed() {
        return new TreeMap<>(closed);
    }
}
