package io.tidegate.connect.s3.core;

/** Heap that all open objects of one task may use together; used by one thread. */
final class MemoryBudget {
    private long left;

    MemoryBudget(long bytes) {
        left = bytes;
    }

    /** Takes that many bytes and returns true, or takes none. */
    boolean take(long bytes) {
        if (left < bytes) {
            return false;
        }
        left -= bytes;
        return true;
    }

    void giveBack(long bytes) {
        left += bytes;
    }
}
