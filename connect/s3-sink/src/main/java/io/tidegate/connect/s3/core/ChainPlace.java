package io.tidegate.connect.s3.core;

/**
 * The end of one partition's chain: where the next manifest goes.
 *
 * @param expectedOffset last landed offset + 1; 0 while nothing has landed
 * @param chainStartOffset where the chain was told to begin
 * @param empty whether nothing has landed yet
 */
public record ChainPlace(
        TopicId topicId,
        String cleanupPolicy,
        long expectedOffset,
        long chainStartOffset,
        boolean empty) {
    /** The first offset that belongs into the next object. */
    public long readFrom() {
        return empty ? chainStartOffset : expectedOffset;
    }

    ChainPlace after(Manifest tail) {
        return new ChainPlace(topicId, cleanupPolicy, tail.nextExpectedOffset(),
                tail.chain().chainStartOffset(), false);
    }
}
