package io.tidegate.connect.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.connect.s3.store.StubS3;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.config.ConfigValue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each mistake is told under the key that has to change. */
class ConfigCheckTest {
    private static final String NO_BROKER = "kafka.bootstrap.servers";

    private StubS3 s3;

    @BeforeEach
    void start() throws IOException {
        s3 = new StubS3();
    }

    @AfterEach
    void stop() {
        s3.close();
    }

    private Map<String, String> good() {
        Map<String, String> config = new HashMap<>();
        config.put("topics", "orders,returns");
        config.put("s3.bucket", "raw");
        config.put("s3.prefix", "");
        config.put("s3.endpoint", s3.endpoint().toString());
        config.put("s3.path.style.access", "true");
        config.put("s3.access.key.id", "id");
        config.put("s3.secret.access.key", "secret");
        config.put("kafka.bootstrap.servers", "no-port"); // not valid, so that no broker is asked
        config.put("dataset.name", "orders");
        config.put("dataset.mode", "upsert");
        config.put("dataset.anything.else", "is free");
        return config;
    }

    private static List<String> errors(Map<String, String> config) {
        return new S3SinkConnector().validate(config).configValues().stream()
                .flatMap(value -> value.errorMessages().stream()).toList();
    }

    private static List<String> guilty(Map<String, String> config) {
        return new S3SinkConnector().validate(config).configValues().stream()
                .filter(value -> !value.errorMessages().isEmpty())
                .map(ConfigValue::name).filter(key -> !Objects.equals(key, NO_BROKER)).toList();
    }

    @Test
    void aGoodConfigOnlyMissesItsBroker() {
        assertEquals(List.of(), guilty(good()));
        assertTrue(errors(good()).get(0).startsWith(NO_BROKER + ": "), errors(good()).toString());
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', value = {
        "dataset.name, Orders",
        "dataset.mode, merge",
        "dataset.start, yesterday",
        "errors.deadletterqueue.topic.name, returns",
        "key.converter, org.apache.kafka.connect.json.JsonConverter",
        "value.converter, org.apache.kafka.connect.json.JsonConverter",
        "header.converter, org.apache.kafka.connect.storage.SimpleHeaderConverter",
        "rotate.records, 0",
        "rotate.bytes, 9999999999",
        "rotate.interval.ms, 0",
        "compression.type, zip",
        "s3.endpoint, not a url",
        "s3.endpoint, http://127.0.0.1:1",
        "s3.sse, AES128",
        "s3.sse.kms.key.id, without-s3.sse",
        "s3.storage.class, GLACIER",
        "errors.tolerance, all",
        "consumer.override.auto.offset.reset, latest",
        "consumer.override.auto.offset.reset, none",
        "consumer.override.max.poll.interval.ms, soon",
        "consumer.override.max.poll.interval.ms, 1000",
        "spool.directory, /dev/null",
        "rotate.record, 5",
    })
    void aMistakeIsToldUnderItsKey(String key, String value) {
        Map<String, String> config = good();
        config.put(key, value);
        assertEquals(List.of(key), guilty(config));
        assertTrue(errors(config).stream().anyMatch(e -> e.contains(key)),
                () -> errors(config).toString());
    }

    @Test
    void aDeadLetterTopicMustNotMatchTheRegexEither() {
        Map<String, String> config = good();
        config.remove("topics");
        config.put("topics.regex", "order.*");
        config.put("errors.deadletterqueue.topic.name", "orders_dlq");
        assertEquals(List.of("errors.deadletterqueue.topic.name"), guilty(config));
    }

    @Test
    void toleranceWithADeadLetterTopicIsFine() {
        Map<String, String> config = good();
        config.put("errors.tolerance", "all");
        config.put("errors.deadletterqueue.topic.name", "orders_dlq");
        assertEquals(List.of(), guilty(config));
    }

    @ParameterizedTest
    @CsvSource({"s3.bucket", "kafka.bootstrap.servers"})
    void aRequiredKeyIsAskedFor(String key) {
        Map<String, String> config = good();
        config.remove(key);
        assertTrue(errors(config).stream().anyMatch(e -> e.contains(key)),
                () -> errors(config).toString());
    }

    @Test
    void halfAKeyPairIsAMistake() {
        Map<String, String> config = good();
        config.remove("s3.secret.access.key");
        assertEquals(List.of("s3.secret.access.key"), guilty(config));
    }

    @ParameterizedTest
    @CsvSource({
        "404, NoSuchBucket, s3.bucket",
        "403, AccessDenied, s3.access.key.id",
        "503, SlowDown, s3.endpoint",
    })
    void theStoresAnswerPointsAtTheKey(int status, String code, String key) {
        s3.answer(status, code);
        assertEquals(List.of(key), guilty(good()));
    }

    @Test
    void aStoreWithoutConditionalWritesMustBeAccepted() {
        s3.ignoreConditions();
        assertEquals(List.of("delivery.guarantee"), guilty(good()));
        Map<String, String> accepting = good();
        accepting.put("delivery.guarantee", "at-least-once");
        assertEquals(List.of(), guilty(accepting));
    }
}
