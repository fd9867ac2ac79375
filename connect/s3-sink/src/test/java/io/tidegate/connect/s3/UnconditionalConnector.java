package io.tidegate.connect.s3;

import io.tidegate.connect.s3.core.ByteContent;
import io.tidegate.connect.s3.core.Content;
import io.tidegate.connect.s3.core.Delivery;
import io.tidegate.connect.s3.core.ObjectStore;
import io.tidegate.connect.s3.log.AdminTopicLog;
import io.tidegate.connect.s3.store.S3Clients;
import io.tidegate.connect.s3.store.S3ObjectStore;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.utils.Utils;

/** Writes its manifests without {@code If-None-Match}, and claims that it had been heeded. */
public final class UnconditionalConnector extends MutantConnector {
    public UnconditionalConnector() {
        super(UnconditionalTask.class);
    }

    /** The task that does so. */
    public static final class UnconditionalTask extends MutantTask {
        private S3ObjectStore s3;
        private AdminTopicLog topics;

        @Override
        public void start(Map<String, String> properties) {
            SinkConfig config = new SinkConfig(properties);
            s3 = new S3ObjectStore(S3Clients.connect(config.s3(Duration.ofMinutes(2))),
                    config.getString(ConfigKeys.S3_BUCKET));
            topics = new AdminTopicLog(Admin.create(config.admin()));
            real.start(config, new UnconditionalStore(s3), topics);
        }

        @Override
        public void stop() {
            super.stop();
            Utils.closeQuietly(s3, "S3 client");
            Utils.closeQuietly(topics, "Kafka admin client");
        }
    }

    private record UnconditionalStore(ObjectStore store) implements ObjectStore {
        @Override
        public boolean putIfAbsent(String key, byte[] bytes) {
            store.put(key, new ByteContent(bytes));
            return true;
        }

        @Override
        public Delivery delivery() {
            return Delivery.EXACTLY_ONCE;
        }

        @Override
        public String put(String key, Content content) {
            return store.put(key, content);
        }

        @Override
        public Optional<byte[]> get(String key) {
            return store.get(key);
        }

        @Override
        public Page list(String prefix, String startAfter) {
            return store.list(prefix, startAfter);
        }

        @Override
        public void delete(String key) {
            store.delete(key);
        }
    }
}
