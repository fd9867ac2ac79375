package io.tidegate.connect.s3.core;

import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The object being filled for one partition: lines go in, totals are kept. */
final class OpenObject {
    /**
     * Most heap, in bytes, that an open object holds beside its spool's chunks: the buffers of
     * {@link Compression} and less than a KiB for hash and totals. The deflater's own 256 KiB
     * (zlib's zconf.h, windowBits 15 and memLevel 8) lie outside the heap.
     */
    static final int HEAP_BESIDE_SPOOL = 2 * Compression.BUFFER + 1024;

    private final long openedAtMillis;
    private final Spool spool;
    private final MessageDigest digest;
    private final OutputStream lines;
    private long recordCount;
    private long lineBytes;
    private long valueBytes;
    private long firstOffset;
    private long lastOffset;
    private Long minTimestamp;
    private Long maxTimestamp;

    OpenObject(LandingSettings settings, MemoryBudget budget, long nowMillis) {
        openedAtMillis = nowMillis;
        spool = new Spool(budget, settings.spoolDirectory());
        digest = sha256();
        try {
            lines = settings.compression()
                    .over(new DigestOutputStream(spool, digest), settings.compressionLevel());
        } catch (IOException e) {
            throw unspoolable(e);
        }
    }

    void append(LandingRecord record, RecordLine line) {
        try {
            lines.write(line.bytes(), 0, line.length());
        } catch (IOException e) {
            throw unspoolable(e);
        }
        firstOffset = recordCount == 0 ? record.offset() : firstOffset;
        lastOffset = record.offset();
        recordCount++;
        lineBytes += line.length();
        valueBytes += record.value() == null ? 0 : record.value().length;
        Long at = record.timestamp();
        if (at != null) {
            minTimestamp = minTimestamp == null ? at : Long.valueOf(Math.min(minTimestamp, at));
            maxTimestamp = maxTimestamp == null ? at : Long.valueOf(Math.max(maxTimestamp, at));
        }
    }

    /** Ends the stream; afterwards the content is fixed and nothing can be appended. */
    Content close() {
        try {
            lines.close();
        } catch (IOException e) {
            throw unspoolable(e);
        }
        return spool;
    }

    void discard() {
        spool.discard();
    }

    /** Hash of the stored bytes; ask once, after {@link #close}. */
    String sha256Hex() {
        return HexFormat.of().formatHex(digest.digest());
    }

    OffsetSpan span() {
        return new OffsetSpan(firstOffset, lastOffset, recordCount);
    }

    long openedAtMillis() {
        return openedAtMillis;
    }

    long recordCount() {
        return recordCount;
    }

    long firstOffset() {
        return firstOffset;
    }

    long lineBytes() {
        return lineBytes;
    }

    long valueBytes() {
        return valueBytes;
    }

    Long minTimestamp() {
        return minTimestamp;
    }

    Long maxTimestamp() {
        return maxTimestamp;
    }

    private LandingError.Refused unspoolable(IOException e) {
        return new LandingError.Refused("spool.directory: cannot write the open object to "
                + spool.directory() + ": " + e + ". Free space there, or name another directory",
                e);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
