package io.tidegate.connect.s3;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;

/** Lands Kafka records verbatim and exactly once as JSON lines in an S3-compatible bucket. */
public final class S3SinkConnector extends SinkConnector {
    private Map<String, String> properties = Map.of();

    @Override
    public String version() {
        return Version.current();
    }

    @Override
    public void start(Map<String, String> config) {
        properties = Map.copyOf(config);
    }

    @Override
    public Class<? extends Task> taskClass() {
        return S3SinkTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        List<Map<String, String>> tasks = new ArrayList<>(maxTasks);
        for (int id = 0; id < maxTasks; id++) {
            Map<String, String> task = new HashMap<>(properties);
            task.put(ConfigKeys.TASK_ID, Integer.toString(id));
            tasks.add(task);
        }
        return tasks;
    }

    @Override
    public void stop() {
        properties = Map.of();
    }

    @Override
    public ConfigDef config() {
        return ConfigKeys.definition();
    }

    /** Checks the form of every key, then asks the store and the brokers themselves. */
    @Override
    public Config validate(Map<String, String> config) {
        return new ConfigCheck(config, super.validate(config)).run();
    }
}
