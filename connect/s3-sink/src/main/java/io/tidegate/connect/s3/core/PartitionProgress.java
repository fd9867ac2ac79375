package io.tidegate.connect.s3.core;

/**
 * How far one partition is, at one moment.
 *
 * @param unlandedFrom nothing below this offset is still to be landed; -1 while LOCATING
 * @param openRecords in the open object
 * @param openLineBytes in the open object, before compression
 * @param openedAtMillis of the open object; -1 without one
 * @param closedRecords in an object that is closed but has no manifest yet
 * @param oldestTimestamp of the records held, milliseconds since 1970; null without any
 * @param discarded records handed over in vain since the partition was opened: delivered before,
 *     or overtaken by a seek
 */
public record PartitionProgress(
        PartitionId source,
        State state,
        long unlandedFrom,
        long openRecords,
        long openLineBytes,
        long openedAtMillis,
        long closedRecords,
        Long oldestTimestamp,
        long discarded) {
    /** What the partition waits for. */
    public enum State {
        /** The store or the brokers, to find the chain's end. */
        LOCATING,
        /** A seek, to be applied with the next delivery. */
        SEEKING,
        /** The store, to take a closed object or its manifest. */
        COMMITTING,
        /** A rotation limit. */
        FILLING,
        /** Records. */
        IDLE
    }

    public long heldRecords() {
        return openRecords + closedRecords;
    }
}
