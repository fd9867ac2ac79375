package io.tidegate.connect.s3.watch;

import io.tidegate.connect.s3.core.LandingError;
import io.tidegate.connect.s3.core.LandingEvents;
import io.tidegate.connect.s3.core.ObjectFacts;
import io.tidegate.connect.s3.core.PartitionId;
import io.tidegate.connect.s3.core.PartitionProgress;
import io.tidegate.connect.s3.core.Rotation;
import io.tidegate.connect.s3.log.LogEnds;
import io.tidegate.connect.s3.store.StoreEvents;
import java.time.Clock;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Watches one task: hears what happens, keeps the figures and shows them over JMX and in the log. */
public final class TaskWatch implements LandingEvents, AutoCloseable {
    private static final long LOG_ENDS_EVERY_MILLIS = 10_000;

    private final Clock clock;
    private final LogEnds logEnds;
    private final MBeans beans;
    private final Diagnosis diagnosis;
    private final TaskFigures task = new TaskFigures();
    private final Map<PartitionId, PartitionWatch> partitions = new HashMap<>();
    private long logEndsAskedAt = Long.MIN_VALUE / 2;

    public TaskWatch(Clock clock, LogEnds logEnds, MBeans beans, Diagnosis diagnosis) {
        this.clock = clock;
        this.logEnds = logEnds;
        this.beans = beans;
        this.diagnosis = diagnosis;
        beans.register(task);
    }

    /** Where errors of the store are counted. */
    public StoreEvents storeEvents() {
        return task;
    }

    /** Takes note of how far each of the task's partitions is, after every delivery. */
    public void progressed(List<PartitionProgress> now) {
        Set<PartitionId> left = new HashSet<>(partitions.keySet());
        for (PartitionProgress progress : now) {
            left.remove(progress.source());
            partition(progress.source()).progressed(progress);
        }
        left.forEach(this::forget);
        askForLogEnds();
        task.show(partitions.values());
        partitions.forEach((source, watch) -> diagnosis.tell(source, watch, task.lastError()));
    }

    @Override
    public void closed(PartitionId source, Rotation.Reason reason, ObjectFacts object) {
        task.counters.closed(reason);
        partition(source).counters.closed(reason);
    }

    @Override
    public void landed(PartitionId source, ObjectFacts object) {
        task.counters.landed(object, clock.millis());
        partition(source).landed(object);
        diagnosis.landed(source);
    }

    @Override
    public void dropped(PartitionId source, long records) {
        task.counters.dropped.addAndGet(records);
        partition(source).counters.dropped.addAndGet(records);
    }

    @Override
    public void setAside(PartitionId source, long offset) {
        task.counters.errant.incrementAndGet();
        partition(source).counters.errant.incrementAndGet();
    }

    @Override
    public void retrying(LandingError.Unavailable why) {
        task.retries.incrementAndGet();
        task.lastError(why.getMessage());
    }

    @Override
    public void close() {
        Set.copyOf(partitions.keySet()).forEach(this::forget);
        beans.unregister(task);
    }

    private PartitionWatch partition(PartitionId source) {
        return partitions.computeIfAbsent(source, id -> {
            PartitionWatch watch = new PartitionWatch(clock);
            beans.register(id, watch);
            return watch;
        });
    }

    private void forget(PartitionId source) {
        PartitionWatch watch = partitions.remove(source);
        task.discardedByFormerPartitions(watch.getRecordsDiscarded());
        diagnosis.forget(source);
        beans.unregister(source, watch);
    }

    /** Without waiting: the answers come by themselves, on the client's thread. */
    private void askForLogEnds() {
        if (partitions.isEmpty() || clock.millis() - logEndsAskedAt < LOG_ENDS_EVERY_MILLIS) {
            return;
        }
        logEndsAskedAt = clock.millis();
        Map<PartitionId, PartitionWatch> asked = Map.copyOf(partitions);
        Collection<PartitionId> sources = asked.keySet();
        logEnds.ask(sources, (source, end) -> asked.get(source).logEndsAt(end));
    }
}
