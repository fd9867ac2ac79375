package io.tidegate.connect.s3;

import io.tidegate.connect.s3.core.PartitionId;
import io.tidegate.connect.s3.core.TopicId;
import io.tidegate.connect.s3.core.TopicLog;
import io.tidegate.connect.s3.log.LogEnds;
import io.tidegate.connect.s3.store.StubS3;
import io.tidegate.connect.s3.watch.S3SinkPartitionMXBean;
import io.tidegate.connect.s3.watch.S3SinkTaskMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;
import javax.management.JMX;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTaskContext;

/** One task over a real HTTP store, called as Connect calls it; the log ends where it is told. */
final class TaskBench implements AutoCloseable {
    static final TopicPartition P0 = new TopicPartition("orders", 0);

    final Map<String, Object> asked = new HashMap<>();
    final Map<String, String> config = new HashMap<>();
    final List<SinkRecord> deadLetters = new ArrayList<>();
    CompletableFuture<Void> deadLetterAnswer = CompletableFuture.completedFuture(null);
    long logEnd = 9;
    StubS3 s3 = new StubS3();
    S3SinkTask task;

    TaskBench() throws IOException {
        config.putAll(Map.of("name", "orders-sink", "tidegate.task.id", "3",
                "s3.bucket", "raw", "rotate.records", "2",
                "s3.endpoint", s3.endpoint().toString(), "s3.path.style.access", "true",
                "s3.access.key.id", "id", "s3.secret.access.key", "secret",
                "kafka.bootstrap.servers", "127.0.0.1:1"));
    }

    TaskBench with(String key, String value) {
        config.put(key, value);
        return this;
    }

    TaskBench started() {
        task = new S3SinkTask();
        task.initialize(context());
        FixedLog log = new FixedLog();
        task.start(new SinkConfig(config), log, log);
        return this;
    }

    TaskBench opened() {
        started();
        task.open(List.of(P0));
        return this;
    }

    /** Opened, and the chain's end found, however slow this machine is just now. */
    TaskBench located() {
        opened();
        while (partitionFigures().getState().equals("LOCATING")) {
            putUntilTaken(() -> {});
        }
        return this;
    }

    void put(SinkRecord... records) {
        task.put(List.of(records));
    }

    /** Delivers the same records until they are taken, as Connect does; returns the delays. */
    int putUntilTaken(Runnable beforeTheSecond, SinkRecord... records) {
        for (int delays = 0; ; delays++) {
            try {
                put(records);
                return delays;
            } catch (RetriableException e) {
                if (delays == 0) {
                    beforeTheSecond.run();
                }
            }
        }
    }

    static SinkRecord record(long offset) {
        return record(offset, ("v" + offset).getBytes(StandardCharsets.UTF_8));
    }

    static SinkRecord record(long offset, Object value) {
        return new SinkRecord("orders", 0, null, null, null, value, offset,
                System.currentTimeMillis(), TimestampType.CREATE_TIME);
    }

    List<String> manifests() {
        return s3.keys().stream().filter(key -> key.matches(".*/_manifest/.*/0/.*")).toList();
    }

    long dataObjects() {
        return s3.keys().stream().filter(key -> key.contains("/date=")).count();
    }

    S3SinkTaskMXBean taskFigures() {
        return figures("s3-sink-task", "", S3SinkTaskMXBean.class);
    }

    S3SinkPartitionMXBean partitionFigures() {
        return figures("s3-sink-partition", ",topic=orders,partition=0",
                S3SinkPartitionMXBean.class);
    }

    private static <T> T figures(String type, String more, Class<T> as) {
        try {
            return JMX.newMXBeanProxy(ManagementFactory.getPlatformMBeanServer(), new ObjectName(
                    "io.tidegate.connect:type=" + type + ",connector=orders-sink,task=3" + more),
                    as);
        } catch (MalformedObjectNameException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private SinkTaskContext context() {
        return (SinkTaskContext) Proxy.newProxyInstance(getClass().getClassLoader(),
                new Class<?>[] {SinkTaskContext.class}, (proxy, method, arguments) -> {
                    asked.put(method.getName(), arguments == null ? true : arguments[0]);
                    return method.getName().equals("errantRecordReporter")
                            ? (ErrantRecordReporter) this::report
                            : null;
                });
    }

    private Future<Void> report(SinkRecord record, Throwable why) {
        deadLetters.add(record);
        return deadLetterAnswer;
    }

    @Override
    public void close() {
        if (task != null) {
            task.stop();
        }
        s3.close();
    }

    private final class FixedLog implements TopicLog, LogEnds {
        @Override
        public int partitions(String topic) {
            return 1;
        }

        @Override
        public TopicId topicId(String topic) {
            return new TopicId(new UUID(1, 2));
        }

        @Override
        public String cleanupPolicy(String topic) {
            return "delete";
        }

        @Override
        public Range offsets(PartitionId source) {
            return new Range(5, logEnd);
        }

        @Override
        public void ask(Collection<PartitionId> sources, BiConsumer<PartitionId, Long> answer) {
            sources.forEach(source -> answer.accept(source, logEnd));
        }
    }
}
