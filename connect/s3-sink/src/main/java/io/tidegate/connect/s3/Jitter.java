package io.tidegate.connect.s3;

import java.util.concurrent.ThreadLocalRandom;

/** Spreads the retries of many tasks, so that a store that comes back is not hit by all at once. */
final class Jitter {
    private Jitter() {}

    /** Between a half and the whole of {@code millis}, and at least 1. */
    static long spread(long millis) {
        return Math.max(1, ThreadLocalRandom.current().nextLong(millis / 2, millis + 1));
    }
}
