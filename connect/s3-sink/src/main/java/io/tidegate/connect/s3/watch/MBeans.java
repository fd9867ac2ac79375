package io.tidegate.connect.s3.watch;

import io.tidegate.connect.s3.core.PartitionId;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.kafka.common.utils.Sanitizer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The figures under their names on the platform's MBean server.
 *
 * <p>{@code io.tidegate.connect:type=s3-sink-task,connector=…,task=…} and
 * {@code io.tidegate.connect:type=s3-sink-partition,connector=…,task=…,topic=…,partition=…}.
 * Landing never fails because a figure cannot be shown.
 */
public final class MBeans {
    private static final Logger LOG = LoggerFactory.getLogger(MBeans.class);
    private static final String DOMAIN = "io.tidegate.connect";

    private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();
    /** So that a task which ends late does not take its successor's figures away. */
    private static final Map<ObjectName, Object> OWNERS = new ConcurrentHashMap<>();

    private final String task;

    public MBeans(String connector, String taskId) {
        task = ",connector=" + Sanitizer.jmxSanitize(connector) + ",task=" + taskId;
    }

    void register(S3SinkTaskMXBean bean) {
        register("s3-sink-task" + task, bean);
    }

    void register(PartitionId source, S3SinkPartitionMXBean bean) {
        register(name(source), bean);
    }

    void unregister(S3SinkTaskMXBean bean) {
        unregister("s3-sink-task" + task, bean);
    }

    void unregister(PartitionId source, S3SinkPartitionMXBean bean) {
        unregister(name(source), bean);
    }

    private String name(PartitionId source) {
        return "s3-sink-partition" + task + ",topic=" + Sanitizer.jmxSanitize(source.topic())
                + ",partition=" + source.partition();
    }

    /** A predecessor that never ended (a zombie in the same worker) gives its name up. */
    private static void register(String name, Object bean) {
        try {
            ObjectName full = new ObjectName(DOMAIN + ":type=" + name);
            if (OWNERS.put(full, bean) != null) {
                SERVER.unregisterMBean(full);
            }
            SERVER.registerMBean(bean, full);
        } catch (JMException e) {
            LOG.warn("{}: not shown over JMX: {}", name, e.toString());
        }
    }

    private static void unregister(String name, Object bean) {
        try {
            ObjectName full = new ObjectName(DOMAIN + ":type=" + name);
            if (OWNERS.remove(full, bean)) {
                SERVER.unregisterMBean(full);
            }
        } catch (JMException e) {
            LOG.warn("{}: still shown over JMX: {}", name, e.toString());
        }
    }
}
