package io.tidegate.connect.s3.log;

import io.tidegate.connect.s3.core.LandingError.Refused;
import io.tidegate.connect.s3.core.LandingError.Unavailable;
import io.tidegate.connect.s3.core.PartitionId;
import io.tidegate.connect.s3.core.TopicId;
import io.tidegate.connect.s3.core.TopicLog;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RetriableException;

/** The topic facts through Kafka's Admin client. */
public final class AdminTopicLog implements TopicLog, LogEnds, AutoCloseable {
    private static final Duration CLOSE = Duration.ofSeconds(5);
    private static final String UNKNOWN = "unknown";

    private final Admin admin;

    public AdminTopicLog(Admin admin) {
        this.admin = admin;
    }

    @Override
    public TopicId topicId(String topic) {
        Uuid id = answer("topic id of " + topic,
                admin.describeTopics(List.of(topic)).topicNameValues().get(topic)).topicId();
        return new TopicId(
                new UUID(id.getMostSignificantBits(), id.getLeastSignificantBits()));
    }

    @Override
    public String cleanupPolicy(String topic) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        try {
            return answer("cleanup.policy of " + topic,
                    admin.describeConfigs(List.of(resource)).values().get(resource))
                    .get(TopicConfig.CLEANUP_POLICY_CONFIG).value();
        } catch (Refused e) {
            // Describing a topic's config needs a right of its own; landing does not need it.
            if (e.getCause() instanceof AuthorizationException) {
                return UNKNOWN;
            }
            throw e;
        }
    }

    @Override
    public int partitions(String topic) {
        return answer("partitions of " + topic,
                admin.describeTopics(List.of(topic)).topicNameValues().get(topic))
                .partitions().size();
    }

    @Override
    public Range offsets(PartitionId source) {
        TopicPartition partition = new TopicPartition(source.topic(), source.partition());
        return new Range(
                offset(partition, OffsetSpec.earliest(), "log start"),
                offset(partition, OffsetSpec.latest(), "log end"));
    }

    @Override
    public void ask(Collection<PartitionId> sources, BiConsumer<PartitionId, Long> answer) {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        sources.forEach(source -> wanted.put(
                new TopicPartition(source.topic(), source.partition()), OffsetSpec.latest()));
        ListOffsetsResult asked = admin.listOffsets(wanted);
        wanted.keySet().forEach(partition -> asked.partitionResult(partition)
                .whenComplete((end, failure) -> {
                    if (failure == null) {
                        answer.accept(
                                new PartitionId(partition.topic(), partition.partition()),
                                end.offset());
                    }
                }));
    }

    @Override
    public void close() {
        admin.close(CLOSE);
    }

    private long offset(TopicPartition partition, OffsetSpec spec, String what) {
        return answer(what + " of " + partition,
                admin.listOffsets(Map.of(partition, spec)).partitionResult(partition)).offset();
    }

    private static <T> T answer(String question, KafkaFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            String message = "Kafka was asked for the " + question + ": "
                    + e.getCause().getMessage();
            throw e.getCause() instanceof RetriableException
                    ? new Unavailable(message, e.getCause())
                    : new Refused(message, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Unavailable("interrupted while asking Kafka for the " + question, e);
        }
    }
}
