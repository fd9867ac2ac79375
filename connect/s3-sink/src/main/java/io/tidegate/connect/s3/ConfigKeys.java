package io.tidegate.connect.s3;

import java.util.List;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.NonEmptyString;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigDef.Width;
import org.apache.kafka.common.config.ConfigException;

/**
 * Every key the sink reads, with its default and its limits; docs/connector.md is made from here.
 *
 * <p>The group of a key is its chapter there.
 */
final class ConfigKeys {
    static final String S3_BUCKET = "s3.bucket";
    static final String S3_PREFIX = "s3.prefix";
    static final String S3_ENDPOINT = "s3.endpoint";
    static final String S3_REGION = "s3.region";
    static final String S3_PATH_STYLE = "s3.path.style.access";
    static final String S3_ACCESS_KEY_ID = "s3.access.key.id";
    static final String S3_SECRET_ACCESS_KEY = "s3.secret.access.key";
    static final String S3_SSE = "s3.sse";
    static final String S3_SSE_KMS_KEY_ID = "s3.sse.kms.key.id";
    static final String S3_STORAGE_CLASS = "s3.storage.class";
    static final String ROTATE_RECORDS = "rotate.records";
    static final String ROTATE_BYTES = "rotate.bytes";
    static final String ROTATE_INTERVAL_MS = "rotate.interval.ms";
    static final String COMPRESSION_TYPE = "compression.type";
    static final String COMPRESSION_LEVEL = "compression.level";
    static final String SPOOL_MEMORY_BYTES = "spool.memory.bytes";
    static final String SPOOL_DIRECTORY = "spool.directory";
    static final String DELIVERY_GUARANTEE = "delivery.guarantee";
    static final String KAFKA_PREFIX = "kafka.";
    static final String KAFKA_BOOTSTRAP = KAFKA_PREFIX + "bootstrap.servers";

    /** Keys of Connect itself that the sink looks at. */
    static final String NAME = "name";
    static final String TOPICS = "topics";
    static final String TOPICS_REGEX = "topics.regex";
    static final String TOLERANCE = "errors.tolerance";
    static final String DLQ_TOPIC = "errors.deadletterqueue.topic.name";
    static final String CONSUMER_RESET = "consumer.override.auto.offset.reset";
    static final String MAX_POLL_INTERVAL_MS = "consumer.override.max.poll.interval.ms";
    static final String KEY_CONVERTER = "key.converter";
    static final String VALUE_CONVERTER = "value.converter";
    static final String HEADER_CONVERTER = "header.converter";
    /** Set by the connector for each of its tasks; not for users. */
    static final String TASK_ID = "tidegate.task.id";

    static final String NO_ENCRYPTION = "none";
    static final String KMS = "aws:kms";
    private static final long MIB = 1024 * 1024;
    /** S3's limit for one PUT is 5 GiB; lines may be incompressible. */
    private static final long LARGEST_OBJECT = 4L * 1024 * MIB;
    private static final Object REQUIRED = ConfigDef.NO_DEFAULT_VALUE;

    private ConfigKeys() {}

    static ConfigDef definition() {
        ConfigDef keys = new ConfigDef();
        store(new Group(keys, "Store"));
        encryption(new Group(keys, "How objects are stored"));
        rotation(new Group(keys, "When an object is closed"));
        spool(new Group(keys, "Memory and disk"));
        kafka(new Group(keys, "Kafka and the promise"));
        return keys;
    }

    private static void store(Group group) {
        group.key(S3_BUCKET, Type.STRING, REQUIRED, new NonEmptyString(), Importance.HIGH,
                "The bucket that records land in. Every connector has one.");
        group.key(S3_PREFIX, Type.STRING, "", null, Importance.MEDIUM,
                "Folder inside the bucket; empty: its root, where the guard looks.");
        group.key(S3_ENDPOINT, Type.STRING, null, null, Importance.MEDIUM,
                "URL of an S3-compatible store, for everybody who is not on AWS; unset: AWS.");
        group.key(S3_REGION, Type.STRING, "us-east-1", null, Importance.MEDIUM,
                "The bucket's region; most other stores take any.");
        group.key(S3_PATH_STYLE, Type.BOOLEAN, false, null, Importance.MEDIUM,
                "Bucket in the path instead of the host name; most other stores need true.");
        group.key(S3_ACCESS_KEY_ID, Type.STRING, null, null, Importance.MEDIUM,
                "Access key, for stores with fixed keys. Unset: the AWS default chain on the"
                        + " worker: system properties, environment, web identity, shared profile,"
                        + " container, instance.");
        group.key(S3_SECRET_ACCESS_KEY, Type.PASSWORD, null, null, Importance.MEDIUM,
                "Secret of the access key; both keys or neither. Name it through a config"
                        + " provider (${env:…}, ${file:…}), because Connect shows configs.");
    }

    private static void encryption(Group group) {
        group.key(S3_SSE, Type.STRING, NO_ENCRYPTION,
                ValidString.in(NO_ENCRYPTION, "AES256", KMS), Importance.MEDIUM,
                "Server-side encryption asked for with every PUT, manifests included; none: what"
                        + " the bucket does by itself.");
        group.key(S3_SSE_KMS_KEY_ID, Type.STRING, null, null, Importance.MEDIUM,
                "Key id or ARN for s3.sse=aws:kms; unset: the account's default key.");
        group.key(S3_STORAGE_CLASS, Type.STRING, null, readableAtOnce(), Importance.LOW,
                "Storage class of data objects, for example STANDARD_IA; manifests and hints"
                        + " keep the bucket's own, because they are small and rewritten.");
        group.key(COMPRESSION_TYPE, Type.STRING, "gzip", ValidString.in("gzip", "none"),
                Importance.MEDIUM, "How objects are compressed; may be changed at any time.");
        group.key(COMPRESSION_LEVEL, Type.INT, 3, Range.between(1, 9), Importance.LOW,
                "gzip's level: 1 is fast, 9 is small.");
    }

    private static void rotation(Group group) {
        group.key(ROTATE_RECORDS, Type.LONG, 100_000L, Range.atLeast(1), Importance.MEDIUM,
                "Records after which an object is closed.");
        group.key(ROTATE_BYTES, Type.LONG, 64 * MIB, Range.between(1, LARGEST_OBJECT),
                Importance.MEDIUM, "Uncompressed line bytes after which an object is closed. The"
                        + " record that passes the limit is still inside, however large it is.");
        group.key(ROTATE_INTERVAL_MS, Type.LONG, 60_000L, Range.atLeast(1), Importance.MEDIUM,
                "Wall-clock age, from its first record on, at which an object is closed; on idle"
                        + " topics too. How late a record may be in the bucket.");
    }

    private static void spool(Group group) {
        group.key(SPOOL_MEMORY_BYTES, Type.LONG, 32 * MIB, Range.atLeast(0), Importance.LOW,
                "Heap for the open objects of one task together, kept once used; what does not fit"
                        + " is spooled. Beside it each open object holds 33 KiB of buffers and, with"
                        + " gzip, 256 KiB of zlib's own memory outside the heap.");
        group.key(SPOOL_DIRECTORY, Type.STRING, System.getProperty("java.io.tmpdir"),
                new NonEmptyString(), Importance.LOW, "Where open objects are spooled, on the"
                        + " worker. Files are unlinked while open: a kill leaves none behind. It"
                        + " may need one open object (compressed) for each partition.");
    }

    private static void kafka(Group group) {
        group.key(KAFKA_BOOTSTRAP, Type.STRING, REQUIRED, new NonEmptyString(), Importance.HIGH,
                "The brokers, asked for topic ids, log starts and ends; any other kafka.* key"
                        + " (kafka.security.protocol, …) reaches the same Admin client.");
        group.key(DELIVERY_GUARANTEE, Type.STRING, "exactly-once",
                ValidString.in("exactly-once", "at-least-once"), Importance.LOW,
                "at-least-once accepts a store that ignores If-None-Match; every manifest then"
                        + " says so.");
    }

    /** The converters that hand the producer's bytes through. */
    static List<String> verbatimConverters() {
        return List.of("org.apache.kafka.connect.converters.ByteArrayConverter",
                "org.apache.kafka.connect.storage.StringConverter");
    }

    /** The guard reads each object soon after it landed; an archive would have to thaw it first. */
    private static Validator readableAtOnce() {
        List<String> archives = List.of("GLACIER", "DEEP_ARCHIVE");
        return ConfigDef.LambdaValidator.with((key, value) -> {
            if (value != null && archives.contains(value)) {
                throw new ConfigException(key, value, "the guard could not read it");
            }
        }, () -> "any but " + String.join(", ", archives));
    }

    /** One chapter of keys, in order. */
    private static final class Group {
        private final ConfigDef keys;
        private final String title;
        private int order;

        Group(ConfigDef keys, String title) {
            this.keys = keys;
            this.title = title;
        }

        void key(String name, Type type, Object missing, Validator valid, Importance importance,
                String what) {
            keys.define(name, type, missing, valid, importance, what, title, ++order,
                    Width.MEDIUM, name);
        }
    }
}
