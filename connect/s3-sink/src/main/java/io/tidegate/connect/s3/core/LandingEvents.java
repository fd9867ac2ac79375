package io.tidegate.connect.s3.core;

/** What happens while landing, for those who watch; called on the task's thread. */
public interface LandingEvents {
    /** Nobody watches. */
    LandingEvents UNWATCHED = new LandingEvents() {};

    /** An object was closed and is on its way. */
    default void closed(PartitionId source, Rotation.Reason reason, ObjectFacts object) {}

    /** Its manifest is written. */
    default void landed(PartitionId source, ObjectFacts object) {}

    /** Records that were held and never committed; they are read again, here or elsewhere. */
    default void dropped(PartitionId source, long records) {}

    /** A record went to the dead letters. */
    default void setAside(PartitionId source, long offset) {}

    /** A step failed and is repeated. */
    default void retrying(LandingError.Unavailable why) {}
}
