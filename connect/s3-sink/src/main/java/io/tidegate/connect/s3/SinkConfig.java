package io.tidegate.connect.s3;

import io.tidegate.connect.s3.core.Compression;
import io.tidegate.connect.s3.core.Delivery;
import io.tidegate.connect.s3.core.LandingSettings;
import io.tidegate.connect.s3.core.Layout;
import io.tidegate.connect.s3.core.Rotation;
import io.tidegate.connect.s3.core.StartAt;
import io.tidegate.connect.s3.store.S3Settings;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.types.Password;

/** A connector's settings in the types the rest of the sink speaks. */
final class SinkConfig extends AbstractConfig {
    private static final int ADMIN_TIMEOUT_MS = 15_000;

    SinkConfig(Map<String, String> properties) {
        super(ConfigKeys.definition(), properties);
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

    S3Settings s3(Duration callTimeout) {
        return new S3Settings(
                getString(ConfigKeys.S3_BUCKET),
                Optional.ofNullable(getString(ConfigKeys.S3_ENDPOINT)).map(URI::create),
                getString(ConfigKeys.S3_REGION),
                getBoolean(ConfigKeys.S3_PATH_STYLE),
                credentials(),
                callTimeout);
    }

    /** Admin client settings: every {@code kafka.*} key without that prefix. */
    Map<String, Object> admin(int timeoutMs) {
        Map<String, Object> admin = new HashMap<>();
        admin.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, timeoutMs);
        admin.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, timeoutMs);
        admin.putAll(originalsWithPrefix(ConfigKeys.KAFKA_PREFIX));
        return admin;
    }

    Map<String, Object> admin() {
        return admin(ADMIN_TIMEOUT_MS);
    }

    private Optional<S3Settings.Credentials> credentials() {
        String id = getString(ConfigKeys.S3_ACCESS_KEY_ID);
        Password secret = getPassword(ConfigKeys.S3_SECRET_ACCESS_KEY);
        return id == null || secret == null
                ? Optional.empty()
                : Optional.of(new S3Settings.Credentials(id, secret.value()));
    }

    /** The dataset's word first; without one, what the consumer is told. */
    private StartAt startAt() {
        Map<String, String> all = originalsStrings();
        String word = all.getOrDefault(DatasetKeys.START,
                all.getOrDefault(ConfigKeys.CONSUMER_RESET, "earliest"));
        return "latest".equals(word) ? StartAt.LATEST : StartAt.EARLIEST;
    }
}
