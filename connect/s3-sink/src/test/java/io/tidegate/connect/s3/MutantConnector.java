package io.tidegate.connect.s3;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;

/**
 * The real connector with tasks that break one promise: tests/faults must notice each of them.
 *
 * <p>Never part of the shipped plugin.
 */
abstract class MutantConnector extends SinkConnector {
    private final S3SinkConnector real = new S3SinkConnector();
    private final Class<? extends Task> tasks;

    MutantConnector(Class<? extends Task> tasks) {
        this.tasks = tasks;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return tasks;
    }

    @Override
    public String version() {
        return real.version();
    }

    @Override
    public void start(Map<String, String> config) {
        real.start(config);
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        return real.taskConfigs(maxTasks);
    }

    @Override
    public void stop() {
        real.stop();
    }

    @Override
    public ConfigDef config() {
        return real.config();
    }

    @Override
    public Config validate(Map<String, String> config) {
        return real.validate(config);
    }
}
