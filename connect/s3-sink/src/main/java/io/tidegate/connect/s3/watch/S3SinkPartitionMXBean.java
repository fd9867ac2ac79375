package io.tidegate.connect.s3.watch;

import java.util.Map;

/** One partition's figures since this task took it over; -1: not known. */
public interface S3SinkPartitionMXBean {
    /** LOCATING, SEEKING, COMMITTING, FILLING or IDLE: what it waits for. */
    String getState();

    long getRecordsLanded();

    long getBytesLanded();

    Map<String, Long> getObjectsByCloseReason();

    /** The newest offset that has a manifest. */
    long getLastLandedOffset();

    /** What the next record of the partition will get, as the broker last said. */
    long getLogEndOffset();

    long getOpenRecords();

    /** Before compression: what rotate.bytes limits. */
    long getOpenBytes();

    long getOpenAgeSeconds();

    long getLastCommitMillis();

    long getLongestCommitMillis();

    /** Offsets between the last manifest and the log end. */
    long getRecordsBehind();

    /** Age, by its own timestamp, of the oldest record that has not landed. */
    long getSecondsBehind();

    long getRecordsDropped();

    long getRecordsDiscarded();

    long getErrantRecords();
}
