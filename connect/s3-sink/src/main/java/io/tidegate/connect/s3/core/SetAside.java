package io.tidegate.connect.s3.core;

import io.tidegate.connect.s3.core.LandingError.Refused;
import io.tidegate.connect.s3.core.LandingError.Unavailable;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The errant records of one partition, counted for the object whose range covers them.
 *
 * <p>One that follows the object's last record belongs to the next object's range.
 */
final class SetAside {
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final PartitionId source;
    private final Deque<Future<Void>> reports = new ArrayDeque<>();
    private long covered;
    private long behindLastRecord;
    private OptionalLong jumpBehindLastRecord = OptionalLong.empty();

    SetAside(PartitionId source) {
        this.source = source;
    }

    /** Takes a record that came where {@code next} was due. */
    void add(ErrantRecord record, long next) {
        jumpBehindLastRecord = jumpBefore(record.offset(), next);
        reports.add(record.report().get());
        behindLastRecord++;
    }

    /** Where offsets first fail between the last record that landed and this one. */
    OptionalLong jumpBefore(long offset, long next) {
        return jumpBehindLastRecord.isPresent() || offset == next
                ? jumpBehindLastRecord
                : OptionalLong.of(next);
    }

    /** A record that lands follows: what was set aside before it lies within its object. */
    void recordTaken() {
        covered += behindLastRecord;
        behindLastRecord = 0;
        jumpBehindLastRecord = OptionalLong.empty();
    }

    /** The count for the object that is closed now. */
    long takeCovered() {
        long count = covered;
        covered = 0;
        return count;
    }

    /** How many there are behind the last record that was taken, each at the next offset. */
    long behindLastRecord() {
        return behindLastRecord;
    }

    /** Everything is read again from an earlier offset. */
    void forget() {
        covered = 0;
        behindLastRecord = 0;
        jumpBehindLastRecord = OptionalLong.empty();
        reports.clear();
    }

    /** Returns when every report is kept: a manifest may not count what could still vanish. */
    void awaitReports() {
        while (!reports.isEmpty()) {
            try {
                reports.peek().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
                reports.remove();
            } catch (ExecutionException e) {
                throw new Refused("errors.deadletterqueue.topic.name: " + source
                        + ": a record that cannot be landed could not be handed over either: "
                        + e.getCause(), e);
            } catch (TimeoutException e) {
                throw new Unavailable(source + ": the dead letter topic has not confirmed yet", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Unavailable(source + ": interrupted while handing records over", e);
            }
        }
    }
}
