package io.tidegate.connect.s3.core;

/** How the commit of a sealed object ended. */
sealed interface CommitOutcome {
    /** The object is in the chain; {@code manifest} is the one that says so. */
    record Committed(Manifest manifest) implements CommitOutcome {}

    /** Another writer's manifest holds this place of the chain. */
    record Lost(Manifest winner) implements CommitOutcome {}

    /** The topic was deleted and made again since the object's records were read. */
    record TopicChanged(TopicId now) implements CommitOutcome {}
}
