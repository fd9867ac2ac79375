package io.tidegate.connect.s3.core;

import java.time.Instant;

/**
 * What is true of a closed object wherever its commit ends up.
 *
 * @param dataKey key in the bucket, prefix included; no other attempt has it
 * @param attempt 8 hex digits drawn when the object was closed
 * @param sha256 of the stored (compressed) bytes, hex
 * @param bytes stored size
 * @param lineBytes size of the lines before compression
 * @param valueBytes size of the producers' values alone
 * @param minTimestamp milliseconds since 1970, null when no record has one
 * @param landedAt when the object was closed
 */
public record ObjectFacts(
        String dataKey,
        String attempt,
        Compression compression,
        String sha256,
        long bytes,
        long lineBytes,
        long valueBytes,
        OffsetSpan span,
        Long minTimestamp,
        Long maxTimestamp,
        Instant landedAt) {}
