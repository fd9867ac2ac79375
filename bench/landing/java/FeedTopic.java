import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Prepares a topic and says what the broker acknowledged: count, bytes, digest and end offsets.
 *
 * <p>Words: bootstrap topic partitions records valueBytes. Every partition gets the same number of
 * records. The digest is the sum, modulo 2^128, of the first 16 bytes of
 * SHA-256(partition as 4 bytes, offset as 8 bytes, SHA-256 of the value): free of order, and taken
 * from the acknowledgements alone.
 */
public final class FeedTopic {
    private static final String[] STATES = {"PLACED", "PAID", "PACKED", "SHIPPED", "DELIVERED"};
    private static final String[] WORDS = ("the of and a to in carefully quick final deposits sleep "
            + "furiously ironic packages above regular accounts nag blithely express requests wake "
            + "slyly pending theodolites haggle bold instructions cajole even foxes among").split(" ");
    private static final BigInteger MODULUS = BigInteger.ONE.shiftLeft(128);

    private final MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    private final AtomicReference<Exception> refused = new AtomicReference<>();
    private long high;
    private long low;
    private long records;
    private long valueBytes;

    private FeedTopic() throws Exception {}

    public static void main(String[] words) throws Exception {
        int partitions = Integer.parseInt(words[2]);
        Properties client = new Properties();
        client.put("bootstrap.servers", words[0]);
        try (Admin admin = Admin.create(client)) {
            NewTopic topic = new NewTopic(words[1], Optional.of(partitions), Optional.empty());
            admin.createTopics(List.of(topic)).all().get();
            // Answers once every partition has its leader; until then batches would be sent again.
            Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
            for (int partition = 0; partition < partitions; partition++) {
                ends.put(new TopicPartition(words[1], partition), OffsetSpec.latest());
            }
            admin.listOffsets(ends).all().get();
        }
        System.out.println(new FeedTopic().feed(client, words[1], partitions,
                Long.parseLong(words[3]), Integer.parseInt(words[4])));
    }

    private String feed(Properties client, String topic, int partitions, long wanted, int size)
            throws Exception {
        client.put("enable.idempotence", "true");
        client.put("max.in.flight.requests.per.connection", "1");
        client.put("linger.ms", "20");
        client.put("batch.size", "131072");
        client.put("buffer.memory", "67108864");
        // On a busy machine an answer may take minutes; sending again would only add to its work.
        client.put("request.timeout.ms", "600000");
        client.put("delivery.timeout.ms", "900000");
        MessageDigest ofValue = MessageDigest.getInstance("SHA-256");
        Random random = new Random(20261121);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(client,
                new ByteArraySerializer(), new ByteArraySerializer())) {
            for (long i = 0; i < wanted && refused.get() == null; i++) {
                byte[] value = value(random, i, size);
                byte[] hash = ofValue.digest(value);
                byte[] key = Long.toString(i).getBytes(StandardCharsets.US_ASCII);
                producer.send(new ProducerRecord<>(topic, (int) (i % partitions), key, value),
                        (acked, error) -> acknowledged(acked, hash, value.length, error));
            }
        }
        if (refused.get() != null) {
            throw new IllegalStateException("Kafka refused a record", refused.get());
        }
        BigInteger digest = new BigInteger(Long.toUnsignedString(high)).shiftLeft(64)
                .add(new BigInteger(Long.toUnsignedString(low))).mod(MODULUS);
        return String.format("{\"records\": %d, \"value_bytes\": %d, \"digest\": \"%032x\"}",
                records, valueBytes, digest);
    }

    /** Called by the producer's one network thread; {@code close()} waits for it. */
    private void acknowledged(RecordMetadata acked, byte[] hash, int length, Exception error) {
        if (error != null) {
            refused.compareAndSet(null, error);
            return;
        }
        ByteBuffer identity = ByteBuffer.allocate(12 + hash.length);
        identity.putInt(acked.partition()).putLong(acked.offset()).put(hash);
        ByteBuffer digest = ByteBuffer.wrap(sha256.digest(identity.array()));
        long addedHigh = digest.getLong();
        long addedLow = digest.getLong();
        low += addedLow;
        high += addedHigh + (Long.compareUnsigned(low, addedLow) < 0 ? 1 : 0);
        records++;
        valueBytes += length;
    }

    /** An order as its shop would send it, filled up with words to about {@code size} bytes. */
    private static byte[] value(Random random, long i, int size) {
        StringBuilder json = new StringBuilder(size + 16);
        json.append("{\"order_id\":").append(i)
                .append(",\"customer_id\":").append(random.nextInt(150_000))
                .append(",\"status\":\"").append(STATES[random.nextInt(STATES.length)])
                .append("\",\"total\":").append(random.nextInt(100_000)).append('.')
                .append(10 + random.nextInt(90))
                .append(",\"updated_at\":\"2026-11-21T10:").append(10 + random.nextInt(50))
                .append(':').append(10 + random.nextInt(50)).append(".")
                .append(100 + random.nextInt(900)).append("Z\",\"comment\":\"");
        while (json.length() < size - 2) {
            json.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
        }
        json.setLength(Math.max(size - 2, 0));
        return json.append("\"}").toString().getBytes(StandardCharsets.UTF_8);
    }
}
