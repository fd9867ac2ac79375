package io.tidegate.connect.s3.watch;

import io.tidegate.connect.s3.core.PartitionId;
import io.tidegate.connect.s3.core.PartitionProgress;
import io.tidegate.connect.s3.core.Rotation;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Answers "why is my file not there yet": one line for a partition that has something to land and
 * has landed nothing for five minutes, repeated every five minutes.
 */
public final class Diagnosis {
    static final long EVERY_MILLIS = TimeUnit.MINUTES.toMillis(5);

    private final Clock clock;
    private final Rotation limits;
    private final Consumer<String> out;
    private final Map<PartitionId, Long> quietSince = new HashMap<>();

    public Diagnosis(Clock clock, Rotation limits, Consumer<String> out) {
        this.clock = clock;
        this.limits = limits;
        this.out = out;
    }

    void tell(PartitionId source, PartitionWatch watch, String lastError) {
        long now = clock.millis();
        PartitionProgress progress = watch.progress();
        if (progress == null || isContent(progress, watch)) {
            quietSince.put(source, now);
        } else if (now - quietSince.computeIfAbsent(source, id -> now) >= EVERY_MILLIS) {
            quietSince.put(source, now);
            out.accept(line(progress, watch, lastError));
        }
    }

    void landed(PartitionId source) {
        quietSince.put(source, clock.millis());
    }

    void forget(PartitionId source) {
        quietSince.remove(source);
    }

    private static boolean isContent(PartitionProgress progress, PartitionWatch watch) {
        return progress.state() == PartitionProgress.State.IDLE && watch.getRecordsBehind() <= 0;
    }

    private String line(PartitionProgress progress, PartitionWatch watch, String lastError) {
        return "DIAGNOSTIC " + progress.source() + " " + progress.state()
                + ": nothing landed for 5 min; " + waitsFor(progress, watch, lastError)
                + ". Last landed offset " + known(watch.getLastLandedOffset()) + ", log end "
                + known(watch.getLogEndOffset()) + ": " + known(watch.getRecordsBehind())
                + " records and " + known(watch.getSecondsBehind()) + " s behind";
    }

    private String waitsFor(PartitionProgress progress, PartitionWatch watch, String lastError) {
        return switch (progress.state()) {
            case LOCATING -> "the store or Kafka has not said where the chain ends; last error: "
                    + lastError;
            case COMMITTING -> "a closed object of " + progress.closedRecords()
                    + " records waits for the store to take it; last error: " + lastError;
            case SEEKING -> "the consumer is being sent to another offset";
            case IDLE -> "no record arrives; is the connector paused, or the topic away?";
            case FILLING -> "the open object has " + progress.openRecords() + " of "
                    + limits.records() + " records (rotate.records), "
                    + progress.openLineBytes() + " of " + limits.bytes()
                    + " bytes (rotate.bytes), is " + watch.getOpenAgeSeconds() + " of "
                    + TimeUnit.MILLISECONDS.toSeconds(limits.intervalMillis())
                    + " s old (rotate.interval.ms) and is closed at the first of them";
        };
    }

    private static String known(long figure) {
        return figure < 0 ? "unknown" : Long.toString(figure);
    }
}
