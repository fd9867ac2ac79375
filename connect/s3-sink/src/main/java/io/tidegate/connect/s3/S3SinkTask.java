package io.tidegate.connect.s3;

import io.tidegate.connect.s3.core.Delivered;
import io.tidegate.connect.s3.core.Lander;
import io.tidegate.connect.s3.core.LandingError;
import io.tidegate.connect.s3.core.LandingSettings;
import io.tidegate.connect.s3.core.LandingWatch;
import io.tidegate.connect.s3.core.Layout;
import io.tidegate.connect.s3.core.ObjectStore;
import io.tidegate.connect.s3.core.PartitionId;
import io.tidegate.connect.s3.core.TopicLog;
import io.tidegate.connect.s3.log.AdminTopicLog;
import io.tidegate.connect.s3.log.LogEnds;
import io.tidegate.connect.s3.store.ProbedStore;
import io.tidegate.connect.s3.store.S3ObjectStore;
import io.tidegate.connect.s3.watch.Diagnosis;
import io.tidegate.connect.s3.watch.TaskWatch;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries Connect's calls to the {@link Lander} and its wishes back; holds no rule of its own. */
public final class S3SinkTask extends SinkTask {
    private static final Logger LOG = LoggerFactory.getLogger(S3SinkTask.class);

    private final BiFunction<S3ObjectStore, Layout, ObjectStore> promise;
    private SinkRecordReader reader;
    private Lander lander;
    private TaskWatch watch;
    private S3ObjectStore s3;
    private AdminTopicLog topics;
    private Map<PartitionId, Long> reported = Map.of();

    public S3SinkTask() {
        this(ProbedStore::new);
    }

    /** A task whose store keeps its promises another way: for tests that break one. */
    S3SinkTask(BiFunction<S3ObjectStore, Layout, ObjectStore> promise) {
        this.promise = promise;
    }

    @Override
    public String version() {
        return Version.current();
    }

    @Override
    public void start(Map<String, String> properties) {
        SinkConfig config = new SinkConfig(properties);
        topics = new AdminTopicLog(
                Admin.create(config.admin((int) config.pollBudget().kafka().toMillis())));
        start(config, topics, topics);
    }

    void start(SinkConfig config, TopicLog log, LogEnds logEnds) {
        StartCheck.run(config);
        Clock clock = Clock.systemUTC();
        PollBudget budget = config.pollBudget();
        LandingSettings settings = config.landing();
        reader = new SinkRecordReader(
                DeadLetters.of(config.deadLetters(), context.errantRecordReporter()));
        watch = new TaskWatch(clock, logEnds, config.mbeans(),
                new Diagnosis(clock, settings.rotation(), LOG::info));
        s3 = new S3ObjectStore(config.s3(budget.store()), watch.storeEvents());
        SecureRandom random = new SecureRandom();
        lander = new Lander(settings, promise.apply(s3, settings.layout()), log, clock,
                () -> String.format("%08x", random.nextInt()),
                new LandingWatch(watch, budget.delivery()));
        LOG.info("one put takes at most {} s of max.poll.interval.ms",
                budget.worstCase().toSeconds());
    }

    @Override
    public void open(Collection<TopicPartition> partitions) {
        landing(() -> lander.open(ids(partitions)));
        handSeeksOver();
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        List<Delivered> landing = reader.read(records);
        landing(() -> lander.put(landing));
        handSeeksOver();
        lander.untilNextWork().ifPresent(context::timeout);
        Map<PartitionId, Long> committed = lander.committed();
        if (!committed.equals(reported)) {
            reported = committed;
            context.requestCommit();
        }
    }

    /**
     * Only what manifests vouch for; must not throw, or Connect rewinds by itself.
     *
     * <p>A chain that another writer has taken further is reported as far as Connect has come: a
     * higher offset Connect ignores, and commits again what it committed last, which may be a
     * seek under an earlier topic id.
     */
    @Override
    public Map<TopicPartition, OffsetAndMetadata> preCommit(
            Map<TopicPartition, OffsetAndMetadata> current) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        lander.committed().forEach((source, offset) -> {
            TopicPartition partition = new TopicPartition(source.topic(), source.partition());
            OffsetAndMetadata consumed = current.get(partition);
            if (consumed != null) {
                long vouched = Math.min(offset, consumed.offset());
                offsets.put(partition, new OffsetAndMetadata(vouched));
            }
        });
        return offsets;
    }

    @Override
    public void close(Collection<TopicPartition> partitions) {
        lander.close(ids(partitions));
        watch.progressed(lander.progress());
    }

    @Override
    public void stop() {
        if (lander != null) {
            lander.closeAll();
        }
        Utils.closeQuietly(watch, "figures");
        Utils.closeQuietly(s3, "S3 client");
        Utils.closeQuietly(topics, "Kafka admin client");
    }

    private void landing(Runnable step) {
        try {
            step.run();
        } catch (LandingError.Delayed e) {
            context.timeout(Jitter.spread(e.delayMillis()));
            // Connect logs it with its whole trace each time; the message says all of it.
            LOG.debug("landing pauses", e);
            throw new RetriableException(e.getMessage());
        } catch (LandingError.Refused e) {
            // Status pages show the innermost cause: it must be the line that names what to mend.
            LOG.warn("landing stops", e);
            throw new ConnectException(e.getMessage()
                    + ". Nothing behind the last manifest is lost: mend it, then restart the task");
        } finally {
            watch.progressed(lander.progress());
        }
    }

    private void handSeeksOver() {
        Map<TopicPartition, Long> seeks = new HashMap<>();
        lander.takeSeeks().forEach((source, offset) ->
                seeks.put(new TopicPartition(source.topic(), source.partition()), offset));
        if (!seeks.isEmpty()) {
            context.offset(seeks);
        }
    }

    private static List<PartitionId> ids(Collection<TopicPartition> partitions) {
        return partitions.stream().map(p -> new PartitionId(p.topic(), p.partition())).toList();
    }
}
