package io.tidegate.connect.s3;

import io.tidegate.connect.s3.core.Delivery;
import io.tidegate.connect.s3.core.LandingError;
import io.tidegate.connect.s3.store.ConditionalWriteProbe;
import io.tidegate.connect.s3.store.S3ObjectStore;
import io.tidegate.connect.s3.store.S3Settings;
import io.tidegate.connect.s3.store.StoreKeys;
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
    private static final S3Settings.Timeouts STORE_TIMEOUTS =
            new S3Settings.Timeouts(STORE_TIMEOUT, STORE_TIMEOUT);
    private static final int ADMIN_TIMEOUT_MS = 10_000;

    private final Map<String, String> config;
    private final List<ConfigValue> values;

    ConfigCheck(Map<String, String> config, Config forms) {
        this.config = config;
        this.values = new ArrayList<>(forms.configValues());
    }

    Config run() {
        KnownKeys.mistakes(config).forEach(this::error);
        DatasetKeys.mistakes(config).forEach(this::error);
        StartCheck.mistakes(config).forEach(this::error);
        checkConverters();
        checkDeadLetters();
        checkCredentialsComeTogether();
        checkEncryptionKey();
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
        if (DeadLetterPolicy.of(config.getOrDefault(ConfigKeys.TOLERANCE, "none"), dlq)
                == DeadLetterPolicy.WITHOUT_A_TRACE) {
            error(ConfigKeys.TOLERANCE, DeadLetterPolicy.complaint());
        }
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

    private void checkEncryptionKey() {
        if (config.get(ConfigKeys.S3_SSE_KMS_KEY_ID) != null
                && !ConfigKeys.KMS.equals(config.get(ConfigKeys.S3_SSE))) {
            error(ConfigKeys.S3_SSE_KMS_KEY_ID, ConfigKeys.S3_SSE_KMS_KEY_ID + ": is used only with "
                    + ConfigKeys.S3_SSE + "=" + ConfigKeys.KMS);
        }
    }

    private void checkForReal() {
        SinkConfig typed;
        try {
            typed = new SinkConfig(config);
            StartCheck.spoolMistakes(typed).forEach(this::error);
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
        try (S3ObjectStore store =
                new S3ObjectStore(typed.s3(STORE_TIMEOUTS))) {
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
            String key = e.getCause() instanceof SdkException sdk
                    ? StoreKeys.of(sdk)
                    : ConfigKeys.S3_ENDPOINT;
            error(key, key + ": " + config.get(key) + " was refused: " + e.getMessage());
        }
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
