package io.tidegate.connect.s3.core;

import io.tidegate.connect.s3.core.LandingError.Unavailable;
import java.time.Clock;
import java.time.Duration;

/** How long the present delivery has taken. */
final class DeliveryTime {
    private final Clock clock;
    private final Duration limit;
    private long beganAt;

    DeliveryTime(Clock clock, Duration limit) {
        this.clock = clock;
        this.limit = limit;
        begin();
    }

    void begin() {
        beganAt = clock.millis();
    }

    /** Postpones what would begin too late for the caller to keep its place in the group. */
    void mayBegin(PartitionId source) {
        if (clock.millis() - beganAt > limit.toMillis()) {
            throw new Unavailable(source + ": this delivery has taken " + limit.toSeconds()
                    + " s; the rest goes on with the next");
        }
    }
}
