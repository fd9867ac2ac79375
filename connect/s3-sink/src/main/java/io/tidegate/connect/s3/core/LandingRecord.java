package io.tidegate.connect.s3.core;

import java.util.List;

/**
 * One Kafka record as it is landed: identity, clock and untouched bytes.
 *
 * @param source where Kafka stored it
 * @param offset its offset there
 * @param timestamp milliseconds since 1970, null when the record has none
 * @param timestampType CreateTime, LogAppendTime or NoTimestampType
 * @param key null when absent
 * @param value null for a tombstone
 */
public record LandingRecord(
        PartitionId source,
        long offset,
        Long timestamp,
        String timestampType,
        byte[] key,
        List<Header> headers,
        byte[] value) implements Delivered {

    /** One header; names may repeat and their order counts. */
    public record Header(String name, byte[] value) {}
}
