package io.tidegate.connect.s3.core;

/** Kafka's facts about topics; same errors as {@link ObjectStore}. */
public interface TopicLog {
    /** The topic's present id; {@link LandingError.Unavailable} while there is no such topic. */
    TopicId topicId(String topic);

    /** The topic's cleanup.policy; "unknown" when it may not be read. */
    String cleanupPolicy(String topic);

    /** How many partitions the topic has now. */
    int partitions(String topic);

    Range offsets(PartitionId source);

    /** First offset still held, and the offset the next record will get. */
    record Range(long start, long end) {}
}
