package io.tidegate.connect.s3;

import io.tidegate.connect.s3.core.Delivery;
import io.tidegate.connect.s3.core.LandingError;
import io.tidegate.connect.s3.store.ConditionalWriteProbe;
import io.tidegate.connect.s3.store.S3Clients;
import io.tidegate.connect.s3.store.S3ObjectStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.regex.PatternSyntaxException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigValue;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * One validation of one connector config: forms first, then the real bucket and brokers.
 *
 * <p>Every message begins with the key it is about.
 */
final class ConfigCheck {
    private static final Duration STORE_TIMEOUT = Duration.ofSeconds(10);
    private static final int ADMIN_TIMEOUT_MS = 10_000;
    private static final int NOT_FOUND = 404;
    private static final int FORBIDDEN = 403;

    private final Map<String, String> config;
    private final List<ConfigValue> values;

    ConfigCheck(Map<String, String> config, Config forms) {
        this.config = config;
        this.values = new ArrayList<>(forms.configValues());
    }

    Config run() {
        DatasetKeys.mistakes(config).forEach(this::error);
        checkConverters();
        checkDeadLetters();
        checkCredentialsComeTogether();
        if (values.stream().allMatch(value -> value.errorMessages().isEmpty())) {
            checkForReal();
        }
        return new Config(values);
    }

    private void checkConverters() {
        List<String> verbatim = ConfigKeys.verbatimConverters();
        for (String key : List.of(ConfigKeys.KEY_CONVERTER, ConfigKeys.VALUE_CONVERTER)) {
            refuseUnlessIn(key, verbatim);
        }
        refuseUnlessIn(ConfigKeys.HEADER_CONVERTER, verbatim.subList(0, 1));
    }

    private void refuseUnlessIn(String key, List<String> allowed) {
        String converter = config.get(key);
        if (converter != null && !allowed.contains(converter)) {
            error(key, key + ": " + converter + " does not hand the producer's bytes through. Set "
                    + key + "=" + allowed.get(0));
        }
    }

    private void checkDeadLetters() {
        String dlq = config.getOrDefault(ConfigKeys.DLQ_TOPIC, "");
        if (dlq.isEmpty()) {
            return;
        }
        List<String> topics =
                Arrays.asList(config.getOrDefault(ConfigKeys.TOPICS, "").trim().split("\\s*,\\s*"));
        if (topics.contains(dlq) || matchesRegex(dlq)) {
            error(ConfigKeys.DLQ_TOPIC, ConfigKeys.DLQ_TOPIC + ": \"" + dlq
                    + "\" is one of the topics this connector reads; dead letters would be read"
                    + " again. Name another topic");
        }
    }

    private boolean matchesRegex(String topic) {
        String regex = config.getOrDefault(ConfigKeys.TOPICS_REGEX, "");
        try {
            return !regex.isEmpty() && topic.matches(regex);
        } catch (PatternSyntaxException e) {
            error(ConfigKeys.TOPICS_REGEX, ConfigKeys.TOPICS_REGEX + ": " + e.getMessage());
            return false;
        }
    }

    private void checkCredentialsComeTogether() {
        boolean id = config.get(ConfigKeys.S3_ACCESS_KEY_ID) != null;
        boolean secret = config.get(ConfigKeys.S3_SECRET_ACCESS_KEY) != null;
        if (id != secret) {
            String missing = id ? ConfigKeys.S3_SECRET_ACCESS_KEY : ConfigKeys.S3_ACCESS_KEY_ID;
            error(missing, missing + ": is missing; set both keys of the pair or neither");
        }
    }

    private void checkForReal() {
        SinkConfig typed;
        try {
            typed = new SinkConfig(config);
            checkBucket(typed);
        } catch (ConfigException e) {
            error(ConfigKeys.S3_ENDPOINT, e.getMessage());
            return;
        } catch (IllegalArgumentException e) {
            error(ConfigKeys.S3_ENDPOINT, ConfigKeys.S3_ENDPOINT + ": " + e.getMessage());
            return;
        }
        checkBrokers(typed);
    }

    private void checkBucket(SinkConfig typed) {
        String bucket = typed.getString(ConfigKeys.S3_BUCKET);
        try (S3ObjectStore store =
                new S3ObjectStore(S3Clients.connect(typed.s3(STORE_TIMEOUT)), bucket)) {
            boolean works = ConditionalWriteProbe.works(store, typed.layout());
            if (!works && typed.wantedDelivery() == Delivery.EXACTLY_ONCE) {
                error(ConfigKeys.DELIVERY_GUARANTEE, ConfigKeys.DELIVERY_GUARANTEE
                        + ": this store ignores If-None-Match, so it cannot promise exactly-once."
                        + " Set " + ConfigKeys.DELIVERY_GUARANTEE + "=at-least-once to accept that"
                        + " records may land twice");
            }
        } catch (LandingError.Unavailable e) {
            error(ConfigKeys.S3_ENDPOINT, ConfigKeys.S3_ENDPOINT + ": no answer: "
                    + e.getMessage());
        } catch (LandingError.Refused e) {
            String key = guiltyKey(e);
            error(key, key + ": " + config.get(key) + " was refused: " + e.getMessage());
        }
    }

    private static String guiltyKey(LandingError.Refused e) {
        int status = e.getCause() instanceof software.amazon.awssdk.services.s3.model.S3Exception s3
                ? s3.statusCode()
                : 0;
        return switch (status) {
            case NOT_FOUND -> ConfigKeys.S3_BUCKET;
            case FORBIDDEN -> ConfigKeys.S3_ACCESS_KEY_ID;
            default -> e.getCause() instanceof SdkException && status == 0
                    ? ConfigKeys.S3_ACCESS_KEY_ID
                    : ConfigKeys.S3_BUCKET;
        };
    }

    private void checkBrokers(SinkConfig typed) {
        try (Admin admin = Admin.create(typed.admin(ADMIN_TIMEOUT_MS))) {
            admin.describeCluster().clusterId().get();
        } catch (ExecutionException e) {
            error(ConfigKeys.KAFKA_BOOTSTRAP, ConfigKeys.KAFKA_BOOTSTRAP + ": "
                    + e.getCause().getMessage());
        } catch (KafkaException e) {
            Throwable why = e.getCause() == null ? e : e.getCause();
            error(ConfigKeys.KAFKA_BOOTSTRAP, ConfigKeys.KAFKA_BOOTSTRAP + ": "
                    + why.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            error(ConfigKeys.KAFKA_BOOTSTRAP, ConfigKeys.KAFKA_BOOTSTRAP
                    + ": the check was interrupted");
        }
    }

    private void error(String key, String message) {
        for (ConfigValue value : values) {
            if (value.name().equals(key)) {
                value.addErrorMessage(message);
                return;
            }
        }
        // Without its value: Connect renders it by the type of its own key of that name.
        ConfigValue added = new ConfigValue(key);
        added.addErrorMessage(message);
        values.add(added);
    }
}
