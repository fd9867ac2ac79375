package io.tidegate.connect.s3.core;

import java.util.ArrayDeque;

/** What happened, in order: its hash, and the last of it for people. */
final class Trace {
    private static final int KEPT = 60;

    private final ArrayDeque<String> last = new ArrayDeque<>();
    private long hash = 1;
    private long length;

    void add(Object... parts) {
        StringBuilder line = new StringBuilder();
        for (Object part : parts) {
            line.append(part);
        }
        String text = line.toString();
        hash = hash * 1_000_003 + text.hashCode();
        length++;
        if (last.size() == KEPT) {
            last.remove();
        }
        last.add(text);
    }

    /** Equal for equal traces. */
    String fingerprint() {
        return length + " events, " + Long.toHexString(hash);
    }

    @Override
    public String toString() {
        return String.join("\n", last);
    }
}
