package io.tidegate.connect.s3.core;

/** A topic-partition under the name Kafka knows it by, before any transform renamed the topic. */
public record PartitionId(String topic, int partition) {
    @Override
    public String toString() {
        return topic + "-" + partition;
    }
}
