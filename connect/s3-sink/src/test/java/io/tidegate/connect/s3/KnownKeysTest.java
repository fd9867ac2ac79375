package io.tidegate.connect.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.connect.s3.store.StoreKeys;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.runtime.ConnectorConfig;
import org.apache.kafka.connect.runtime.SinkConnectorConfig;
import org.apache.kafka.connect.runtime.isolation.PluginUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys that nobody reads are told; no key that somebody reads is refused. */
class KnownKeysTest {
    private static Map<String, String> mistakes(String key) {
        Map<String, String> config = new HashMap<>(Map.of(
                "transforms", "unwrap, mask.pii", "predicates", "isTombstone"));
        config.put(key, "x");
        return KnownKeys.mistakes(config);
    }

    @ParameterizedTest
    @CsvSource({
        "rotate.record, rotate.records",
        "s3.buckets, s3.bucket",
        "s3.path.style, s3.path.style.access",
        "errors.tolerence, errors.tolerance",
        "errors.deadletterqueue.topic, errors.deadletterqueue.topic.name",
        "task.max, tasks.max",
        "topic, topics",
        "kafka.bootstrap.server, kafka.bootstrap.servers",
        "kafka.security.protocoll, kafka.security.protocol",
        "consumer.override.max.poll.record, consumer.override.max.poll.records",
        "producer.override.linger.m, producer.override.linger.ms",
    })
    void aSlipIsToldWithTheKeyThatWasMeant(String typed, String meant) {
        assertEquals(typed + ": unknown; did you mean " + meant + "?",
                mistakes(typed).get(typed));
    }

    @ParameterizedTest
    @CsvSource({
        "flush.size, neither Connect nor this sink",
        "topic.creation.enable, neither Connect nor this sink",
        "transforms.unwarp.type, 'transforms=unwrap, mask.pii has no such name'",
        "predicates.tombstone.type, predicates=isTombstone has no such name",
    })
    void aKeyLikeNoOtherIsToldAsWell(String key, String what) {
        assertTrue(mistakes(key).get(key).contains(what), mistakes(key).toString());
    }

    @ParameterizedTest
    @CsvSource({
        "dataset.pk.fields", "dataset.policy.FIELD_REMOVED",
        "key.converter.schemas.enable", "value.converter.schema.registry.url",
        "header.converter.converter.type", "value.converter.plugin.version",
        "transforms.unwrap.type", "transforms.mask.pii.fields", "transforms.unwrap.predicate",
        "predicates.isTombstone.type",
        "kafka.security.protocol", "kafka.sasl.jaas.config", "kafka.ssl.truststore.location",
        "kafka.sasl.oauthbearer.token.endpoint.url", "kafka.my.interceptors.own.key",
        "consumer.override.max.poll.records", "consumer.override.isolation.level",
        "consumer.override.client.rack", "producer.override.security.protocol",
        "admin.override.sasl.mechanism",
    })
    void aKeyOfAnotherOwnerIsLeftToHim(String key) {
        assertEquals(Map.of(), mistakes(key));
    }

    @Test
    void everyKeyOfConnectAndOfTheSinkIsKnown() {
        Map<String, String> all = new HashMap<>();
        SinkConnectorConfig.configDef().names().forEach(key -> all.put(key, ""));
        ConfigKeys.definition().names().forEach(key -> all.put(key, ""));
        assertEquals(Map.of(), KnownKeys.mistakes(all));
        assertTrue(all.size() > 40);
    }

    /** What makes the check see a newer worker's keys: its own class, not one of the plugin's. */
    @Test
    void connectsOwnClassComesFromTheWorker() {
        assertTrue(!PluginUtils.shouldLoadInIsolation(SinkConnectorConfig.class.getName()));
        assertTrue(!PluginUtils.shouldLoadInIsolation(ConnectorConfig.class.getName()));
    }

    @Test
    void everyKeyThatAStoresAnswerPointsAtExists() {
        assertTrue(ConfigKeys.definition().names().containsAll(StoreKeys.all()));
    }

    @ParameterizedTest
    @CsvSource({"a, a, 0", "'', abc, 3", "kitten, sitting, 3", "tasks, task, 1"})
    void distanceCountsLetters(String one, String other, int distance) {
        assertEquals(distance, EditDistance.between(one, other));
        assertEquals(distance, EditDistance.between(other, one));
    }

    @Test
    void eachMistakeIsTold() {
        Map<String, String> config = Map.of("rotate.record", "1", "s3.buckets", "b", "name", "n");
        assertEquals(List.of("rotate.record", "s3.buckets"),
                KnownKeys.mistakes(config).keySet().stream().sorted().toList());
    }
}
