package io.tidegate.connect.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.connect.s3.core.PartitionId;
import io.tidegate.connect.s3.core.TopicId;
import io.tidegate.connect.s3.core.TopicLog;
import io.tidegate.connect.s3.store.ProbedStore;
import io.tidegate.connect.s3.store.S3Clients;
import io.tidegate.connect.s3.store.S3ObjectStore;
import io.tidegate.connect.s3.store.StubS3;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTaskContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What Connect sees of the task. */
class S3SinkTaskTest {
    private static final TopicPartition P0 = new TopicPartition("orders", 0);

    private final Map<String, Object> asked = new HashMap<>();
    private StubS3 s3;
    private S3SinkTask task;

    @BeforeEach
    void start() throws IOException {
        s3 = new StubS3();
        SinkConfig config = new SinkConfig(Map.of(
                "s3.bucket", "raw", "s3.prefix", "", "rotate.records", "2",
                "s3.endpoint", s3.endpoint().toString(), "s3.path.style.access", "true",
                "s3.access.key.id", "id", "s3.secret.access.key", "secret",
                "kafka.bootstrap.servers", "127.0.0.1:1"));
        task = new S3SinkTask();
        task.initialize(context());
        task.start(config, new ProbedStore(
                new S3ObjectStore(S3Clients.connect(s3.settings()), "raw"), config.layout()),
                new FixedLog());
    }

    @AfterEach
    void stop() {
        task.stop();
        s3.close();
    }

    @Test
    void aStoreThatIsAwayPausesTheTaskAndAPermanentAnswerFailsIt() {
        s3.answer(503, "SlowDown");
        task.open(List.of(P0));
        assertThrows(RetriableException.class, () -> task.put(List.of(record(5))));
        assertTrue((long) asked.get("timeout") > 0);
        s3.answer(403, "AccessDenied");
        ConnectException refused =
                assertThrows(ConnectException.class, () -> task.put(List.of(record(5))));
        assertTrue(refused.getMessage().contains("s3://raw/"), refused.getMessage());
        assertTrue(refused.getMessage().contains("403 AccessDenied"), refused.getMessage());
    }

    @Test
    void nothingIsReportedBeforeAManifestVouchesForIt() {
        Map<TopicPartition, OffsetAndMetadata> current = Map.of(P0, new OffsetAndMetadata(9));
        assertEquals(Map.of(), task.preCommit(current));
    }

    private static SinkRecord record(long offset) {
        return new SinkRecord("orders", 0, null, null, null, new byte[] {'x'}, offset, 1L,
                TimestampType.CREATE_TIME);
    }

    private SinkTaskContext context() {
        return (SinkTaskContext) Proxy.newProxyInstance(getClass().getClassLoader(),
                new Class<?>[] {SinkTaskContext.class}, (proxy, method, arguments) -> {
                    asked.put(method.getName(), arguments == null ? true : arguments[0]);
                    return null;
                });
    }

    private static final class FixedLog implements TopicLog {
        @Override
        public TopicId topicId(String topic) {
            return new TopicId(new UUID(1, 2));
        }

        @Override
        public String cleanupPolicy(String topic) {
            return "delete";
        }

        @Override
        public int partitions(String topic) {
            return 1;
        }

        @Override
        public Range offsets(PartitionId source) {
            return new Range(5, 9);
        }
    }
}
