package io.tidegate.connect.s3;

import io.tidegate.connect.s3.store.S3Settings;
import java.time.Duration;

/**
 * How {@code max.poll.interval.ms} is shared out, so that no call of the task outlasts it.
 *
 * <p>A consumer that does not poll for longer loses its partitions. A delivery starts no further
 * commit and looks up no further chain once {@code delivery} has passed; what it has begun by then
 * is at most one upload, {@link #SMALL_CALLS} small requests and {@link #KAFKA_CALLS} questions to
 * Kafka, each cut off at its own limit.
 *
 * @param delivery after which a delivery begins nothing new
 * @param upload for the PUT of one data object with its retries
 * @param call for any other request to the store with its retries
 * @param kafka for one question to the brokers
 */
record PollBudget(Duration delivery, Duration upload, Duration call, Duration kafka) {
    /** Kafka's default of {@code max.poll.interval.ms}. */
    static final long DEFAULT_MILLIS = 300_000;
    /** Manifest, its winner, hint, and the listing and reading behind a lost commit. */
    static final int SMALL_CALLS = 6;
    /** Topic id, log start and end, topic id once more. */
    static final int KAFKA_CALLS = 4;

    static PollBudget of(long maxPollIntervalMillis) {
        Duration whole = Duration.ofMillis(maxPollIntervalMillis);
        return new PollBudget(
                whole.dividedBy(6), whole.dividedBy(3), whole.dividedBy(20), whole.dividedBy(40));
    }

    /** The longest that one delivery can take. */
    Duration worstCase() {
        return delivery.plus(upload)
                .plus(call.multipliedBy(SMALL_CALLS))
                .plus(kafka.multipliedBy(KAFKA_CALLS));
    }

    S3Settings.Timeouts store() {
        return new S3Settings.Timeouts(call, upload);
    }
}
