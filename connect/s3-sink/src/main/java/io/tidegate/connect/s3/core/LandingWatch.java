package io.tidegate.connect.s3.core;

import java.time.Duration;

/**
 * Who watches, and for how long a delivery may keep its caller waiting.
 *
 * @param deliveryLimit after which no further commit or look-up is begun
 */
public record LandingWatch(LandingEvents events, Duration deliveryLimit) {
    public static final LandingWatch NONE =
            new LandingWatch(LandingEvents.UNWATCHED, Duration.ofDays(1));
}
