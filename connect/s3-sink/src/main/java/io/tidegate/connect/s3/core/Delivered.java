package io.tidegate.connect.s3.core;

/** What is handed over: a record to land, or one that cannot be landed. */
public sealed interface Delivered permits LandingRecord, ErrantRecord {
    PartitionId source();

    long offset();
}
