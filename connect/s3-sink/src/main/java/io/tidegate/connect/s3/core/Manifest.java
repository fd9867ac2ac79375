package io.tidegate.connect.s3.core;

/**
 * The commit record of one landed object (docs/contracts/manifest.schema.json).
 *
 * @param etag what the store answered to the upload, without quotes
 */
public record Manifest(PartitionId source, ObjectFacts object, String etag, ChainFacts chain) {
    public static final int VERSION = 1;

    /** The place in the chain that the next manifest takes. */
    public long nextExpectedOffset() {
        return object.span().last() + 1;
    }

    /**
     * Where the object hangs in its chain, and what its gaps mean.
     *
     * @param expectedOffset previous manifest's last offset + 1; 0 for a topic id's first
     * @param chainStartOffset where the chain was told to begin
     * @param logStartOffset the log's first offset, asked after the last record was read
     * @param cleanupPolicy Kafka's words: delete, compact or both; "unknown" when not readable
     * @param contiguousRead false when offsets may be missing that Kafka once held
     */
    public record ChainFacts(
            TopicId topicId,
            long expectedOffset,
            long chainStartOffset,
            long logStartOffset,
            String cleanupPolicy,
            boolean contiguousRead,
            Delivery delivery) {}
}
