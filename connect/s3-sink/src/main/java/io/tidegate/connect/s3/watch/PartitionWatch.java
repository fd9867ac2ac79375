package io.tidegate.connect.s3.watch;

import io.tidegate.connect.s3.core.ObjectFacts;
import io.tidegate.connect.s3.core.PartitionProgress;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What is known of one partition. */
final class PartitionWatch implements S3SinkPartitionMXBean {
    final Counters counters = new Counters();
    private final Clock clock;
    private volatile PartitionProgress progress;
    private volatile long logEnd = -1;
    private volatile long lastLandedOffset = -1;
    /** Of the last landed object's newest record; stands in while no unlanded record is held. */
    private volatile long landedUpToMillis = -1;

    PartitionWatch(Clock clock) {
        this.clock = clock;
    }

    void progressed(PartitionProgress now) {
        progress = now;
        if (now.unlandedFrom() > 0) {
            lastLandedOffset = now.unlandedFrom() - 1;
        }
    }

    void logEndsAt(long offset) {
        logEnd = offset;
    }

    void landed(ObjectFacts object) {
        counters.landed(object, clock.millis());
        if (object.maxTimestamp() != null) {
            landedUpToMillis = object.maxTimestamp();
        }
    }

    PartitionProgress progress() {
        return progress;
    }

    @Override
    public String getState() {
        return progress == null ? PartitionProgress.State.LOCATING.name()
                : progress.state().name();
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
    public long getLastLandedOffset() {
        return lastLandedOffset;
    }

    @Override
    public long getLogEndOffset() {
        return logEnd;
    }

    @Override
    public long getOpenRecords() {
        return progress == null ? 0 : progress.openRecords();
    }

    @Override
    public long getOpenBytes() {
        return progress == null ? 0 : progress.openLineBytes();
    }

    @Override
    public long getOpenAgeSeconds() {
        PartitionProgress now = progress;
        return now == null || now.openedAtMillis() < 0 ? -1 : secondsSince(now.openedAtMillis());
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
        PartitionProgress now = progress;
        return now == null || now.unlandedFrom() < 0 || logEnd < 0
                ? -1
                // The log's end is asked for now and then; what is held is known at once.
                : Math.max(now.heldRecords(), logEnd - now.unlandedFrom());
    }

    @Override
    public long getSecondsBehind() {
        PartitionProgress now = progress;
        if (getRecordsBehind() == 0) {
            return 0;
        }
        if (now != null && now.oldestTimestamp() != null) {
            return secondsSince(now.oldestTimestamp());
        }
        return landedUpToMillis < 0 ? -1 : secondsSince(landedUpToMillis);
    }

    @Override
    public long getRecordsDropped() {
        return counters.dropped.get();
    }

    @Override
    public long getRecordsDiscarded() {
        return progress == null ? 0 : progress.discarded();
    }

    @Override
    public long getErrantRecords() {
        return counters.errant.get();
    }

    private long secondsSince(long millis) {
        return Math.max(0, TimeUnit.MILLISECONDS.toSeconds(clock.millis() - millis));
    }
}
