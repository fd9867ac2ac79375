package io.tidegate.connect.s3.core;

import java.util.UUID;

/** The id Kafka gives a topic at creation; a topic made again under its old name has another. */
public record TopicId(UUID uuid) {
    /** The first 8 hex digits: what object keys carry. */
    public String shortHex() {
        return uuid.toString().substring(0, 8);
    }

    @Override
    public String toString() {
        return uuid.toString();
    }
}
