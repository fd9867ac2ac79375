package io.tidegate.connect.s3.core;

import java.util.OptionalLong;

/**
 * A closed object on its way through the commit.
 *
 * <p>Once sealed it never changes: a manifest whose reply was lost may already name it.
 */
final class SealedObject {
    private final ObjectFacts facts;
    private final Content content;
    private final OpenObject origin;
    private final OptionalLong firstJump;
    private String etag;
    private boolean manifestTried;

    SealedObject(ObjectFacts facts, Content content, OpenObject origin, OptionalLong firstJump) {
        this.facts = facts;
        this.content = content;
        this.origin = origin;
        this.firstJump = firstJump;
    }

    ObjectFacts facts() {
        return facts;
    }

    Content content() {
        return content;
    }

    /**
     * Whether every offset missing from the range was withheld by Kafka from a reader that asked.
     *
     * <p>A jump that begins at or after the log's start, asked afterwards, can only be compaction
     * or a transaction marker; one that begins below it may have been retention.
     */
    boolean readInOneGo(long logStartOffset) {
        return firstJump.isEmpty() || logStartOffset <= firstJump.getAsLong();
    }

    String etag() {
        return etag;
    }

    void uploaded(String newEtag) {
        etag = newEtag;
    }

    boolean manifestTried() {
        return manifestTried;
    }

    void triesManifest() {
        manifestTried = true;
    }

    void discard() {
        origin.discard();
    }
}
