import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The baseline: reads a topic to its known end with the client's defaults and only counts bytes.
 *
 * <p>Words: bootstrap topic records. The clock runs from the subscription to the last record; CPU
 * seconds are the process's own over the same window.
 */
public final class CountingConsumer {
    private CountingConsumer() {}

    public static void main(String[] words) {
        long wanted = Long.parseLong(words[2]);
        Properties client = new Properties();
        client.put("bootstrap.servers", words[0]);
        client.put("group.id", "counting-" + ProcessHandle.current().pid());
        client.put("auto.offset.reset", "earliest");
        client.put("enable.auto.commit", "false");
        long records = 0;
        long bytes = 0;
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(client,
                new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            long cpu = cpuNanos();
            long began = System.nanoTime();
            consumer.subscribe(List.of(words[1]));
            while (records < wanted) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    records++;
                    bytes += record.value().length;
                }
            }
            System.out.printf(
                    "{\"records\": %d, \"value_bytes\": %d, \"seconds\": %.3f, \"cpu_seconds\": %.3f}%n",
                    records, bytes, (System.nanoTime() - began) / 1e9, (cpuNanos() - cpu) / 1e9);
        }
    }

    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean)
                java.lang.management.ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }
}
