package io.tidegate.connect.s3.watch;

import java.util.Map;

/** A task's figures since it started; -1: not known. */
public interface S3SinkTaskMXBean {
    long getPartitions();

    long getRecordsLanded();

    /** Stored, that is compressed, bytes. */
    long getBytesLanded();

    /** Closed objects by the limit that closed them. */
    Map<String, Long> getObjectsByCloseReason();

    /** From closing an object to its manifest, all retries included. */
    long getLastCommitMillis();

    long getLongestCommitMillis();

    /** Records behind the log ends, all partitions together. */
    long getRecordsBehind();

    /** Of the partition that is furthest behind. */
    long getSecondsBehind();

    /** Deliveries put off because the store or the brokers did not answer well. */
    long getRetries();

    /** Repetitions inside the AWS SDK, whatever became of them. */
    long getStoreRequestsRepeated();

    /** Requests that failed for good, by answer. */
    Map<String, Long> getStoreErrors();

    /** Held, never committed, read again here or by the partition's next owner. */
    long getRecordsDropped();

    /** Handed over in vain: delivered before, or overtaken by a seek. */
    long getRecordsDiscarded();

    /** Reported to the dead letter topic by the sink itself. */
    long getErrantRecords();
}
