package io.tidegate.connect.s3;

import io.tidegate.connect.s3.core.Compression;
import io.tidegate.connect.s3.core.Delivery;
import io.tidegate.connect.s3.core.LandingSettings;
import io.tidegate.connect.s3.core.Layout;
import io.tidegate.connect.s3.core.Rotation;
import io.tidegate.connect.s3.core.StartAt;
import io.tidegate.connect.s3.store.S3Settings;
import io.tidegate.connect.s3.watch.MBeans;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.types.Password;

/** A connector's settings in the types the rest of the sink speaks. */
final class SinkConfig extends AbstractConfig {
    SinkConfig(Map<String, String> properties) {
        super(ConfigKeys.definition(), properties);
    }

    MBeans mbeans() {
        Map<String, String> all = originalsStrings();
        return new MBeans(all.getOrDefault(ConfigKeys.NAME, "unnamed"),
                all.getOrDefault(ConfigKeys.TASK_ID, "0"));
    }

    LandingSettings landing() {
        return new LandingSettings(
                layout(),
                Compression.of(getString(ConfigKeys.COMPRESSION_TYPE)),
                getInt(ConfigKeys.COMPRESSION_LEVEL),
                new Rotation(
                        getLong(ConfigKeys.ROTATE_RECORDS),
                        getLong(ConfigKeys.ROTATE_BYTES),
                        getLong(ConfigKeys.ROTATE_INTERVAL_MS)),
                getLong(ConfigKeys.SPOOL_MEMORY_BYTES),
                Path.of(getString(ConfigKeys.SPOOL_DIRECTORY)),
                startAt());
    }

    Layout layout() {
        return Layout.under(getString(ConfigKeys.S3_PREFIX));
    }

    Delivery wantedDelivery() {
        return Delivery.of(getString(ConfigKeys.DELIVERY_GUARANTEE));
    }

    /** The sink's share of what the consumer may take between two polls. */
    PollBudget pollBudget() {
        String given = originalsStrings().get(ConfigKeys.MAX_POLL_INTERVAL_MS);
        return PollBudget.of(given == null
                ? PollBudget.DEFAULT_MILLIS
                : Long.parseLong(given.trim()));
    }

    /** Connect's word for what becomes of records that cannot be read, changed or landed. */
    DeadLetterPolicy deadLetters() {
        Map<String, String> all = originalsStrings();
        return DeadLetterPolicy.of(all.getOrDefault(ConfigKeys.TOLERANCE, "none"),
                all.getOrDefault(ConfigKeys.DLQ_TOPIC, ""));
    }

    S3Settings s3(S3Settings.Timeouts timeouts) {
        return new S3Settings(
                getString(ConfigKeys.S3_BUCKET),
                Optional.ofNullable(getString(ConfigKeys.S3_ENDPOINT)).map(URI::create),
                getString(ConfigKeys.S3_REGION),
                getBoolean(ConfigKeys.S3_PATH_STYLE),
                credentials(),
                timeouts,
                storing());
    }

    /** Admin client settings: every {@code kafka.*} key without that prefix. */
    Map<String, Object> admin(int timeoutMs) {
        Map<String, Object> admin = new HashMap<>();
        admin.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, timeoutMs);
        admin.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, timeoutMs);
        admin.putAll(originalsWithPrefix(ConfigKeys.KAFKA_PREFIX));
        return admin;
    }

    private S3Settings.Storing storing() {
        return new S3Settings.Storing(
                Optional.of(getString(ConfigKeys.S3_SSE))
                        .filter(word -> !word.equals(ConfigKeys.NO_ENCRYPTION)),
                Optional.ofNullable(getString(ConfigKeys.S3_SSE_KMS_KEY_ID)),
                Optional.ofNullable(getString(ConfigKeys.S3_STORAGE_CLASS)));
    }

    private Optional<S3Settings.Credentials> credentials() {
        String id = getString(ConfigKeys.S3_ACCESS_KEY_ID);
        Password secret = getPassword(ConfigKeys.S3_SECRET_ACCESS_KEY);
        return id == null || secret == null
                ? Optional.empty()
                : Optional.of(new S3Settings.Credentials(id, secret.value()));
    }

    private StartAt startAt() {
        return "latest".equals(originalsStrings().get(DatasetKeys.START))
                ? StartAt.LATEST
                : StartAt.EARLIEST;
    }
}
