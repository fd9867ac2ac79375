package io.tidegate.connect.s3;

import java.util.Collection;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.apache.kafka.connect.sink.SinkTaskContext;

/** Hands every call to a real task; a mutant overrides the one it breaks. */
abstract class MutantTask extends SinkTask {
    private final S3SinkTask real;

    MutantTask(S3SinkTask real) {
        this.real = real;
    }

    @Override
    public void initialize(SinkTaskContext given) {
        super.initialize(given);
        real.initialize(given);
    }

    @Override
    public String version() {
        return real.version();
    }

    @Override
    public void start(Map<String, String> properties) {
        real.start(properties);
    }

    @Override
    public void open(Collection<TopicPartition> partitions) {
        real.open(partitions);
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        real.put(records);
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> preCommit(
            Map<TopicPartition, OffsetAndMetadata> current) {
        return real.preCommit(current);
    }

    @Override
    public void close(Collection<TopicPartition> partitions) {
        real.close(partitions);
    }

    @Override
    public void stop() {
        real.stop();
    }
}
