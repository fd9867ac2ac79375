package io.tidegate.connect.s3.core;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;

/**
 * Heap that all open objects of one task may use together, in chunks; used by one thread.
 *
 * <p>Chunks that come back are lent again: fresh ones for each object would fill the old
 * generation with garbage, for an object outlives several young collections.
 */
final class MemoryBudget {
    static final int CHUNK = 64 * 1024;

    private final Deque<byte[]> free = new ArrayDeque<>();
    private long left;

    /** At most {@code bytes}, in whole chunks. */
    MemoryBudget(long bytes) {
        left = bytes / CHUNK;
    }

    /** Lends a chunk with any content; null when all are lent. */
    byte[] take() {
        byte[] used = free.pollLast();
        if (used != null || left == 0) {
            return used;
        }
        left--;
        return new byte[CHUNK];
    }

    void giveBack(Collection<byte[]> chunks) {
        free.addAll(chunks);
    }
}
