package io.tidegate.connect.s3.core;

/** Doubling pauses between tries, in milliseconds. */
final class Backoff {
    private static final long FIRST = 500;
    private static final long LONGEST = 30_000;
    private long current = FIRST;

    long next() {
        long pause = current;
        current = Math.min(LONGEST, current * 2);
        return pause;
    }

    void reset() {
        current = FIRST;
    }
}
