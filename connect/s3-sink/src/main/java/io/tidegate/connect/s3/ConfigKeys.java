package io.tidegate.connect.s3;

import java.util.List;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.NonEmptyString;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidString;

/** Every key the sink reads, with its default and its limits. */
final class ConfigKeys {
    static final String S3_BUCKET = "s3.bucket";
    static final String S3_PREFIX = "s3.prefix";
    static final String S3_ENDPOINT = "s3.endpoint";
    static final String S3_REGION = "s3.region";
    static final String S3_PATH_STYLE = "s3.path.style.access";
    static final String S3_ACCESS_KEY_ID = "s3.access.key.id";
    static final String S3_SECRET_ACCESS_KEY = "s3.secret.access.key";
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
    static final String TOPICS = "topics";
    static final String TOPICS_REGEX = "topics.regex";
    static final String DLQ_TOPIC = "errors.deadletterqueue.topic.name";
    static final String CONSUMER_RESET = "consumer.override.auto.offset.reset";
    static final String KEY_CONVERTER = "key.converter";
    static final String VALUE_CONVERTER = "value.converter";
    static final String HEADER_CONVERTER = "header.converter";

    private static final long MIB = 1024 * 1024;
    /** S3's limit for one PUT is 5 GiB; lines may be incompressible. */
    private static final long LARGEST_OBJECT = 4L * 1024 * MIB;

    private ConfigKeys() {}

    static ConfigDef definition() {
        ConfigDef keys = new ConfigDef();
        store(keys);
        rotation(keys);
        spool(keys);
        keys.define(KAFKA_BOOTSTRAP, Type.STRING, ConfigDef.NO_DEFAULT_VALUE, new NonEmptyString(),
                Importance.HIGH, "The brokers, for topic ids and log starts; any other kafka.* key"
                        + " (kafka.security.protocol, ...) reaches the same client.");
        keys.define(DELIVERY_GUARANTEE, Type.STRING, "exactly-once",
                ValidString.in("exactly-once", "at-least-once"), Importance.LOW,
                "at-least-once accepts a store without conditional writes.");
        return keys;
    }

    private static void store(ConfigDef keys) {
        keys.define(S3_BUCKET, Type.STRING, ConfigDef.NO_DEFAULT_VALUE, new NonEmptyString(),
                Importance.HIGH, "The bucket that records land in.");
        keys.define(S3_PREFIX, Type.STRING, "", Importance.MEDIUM,
                "Folder inside the bucket; empty: its root, where the guard looks.");
        keys.define(S3_ENDPOINT, Type.STRING, null, Importance.MEDIUM,
                "URL of an S3-compatible store; unset: AWS.");
        keys.define(S3_REGION, Type.STRING, "us-east-1", Importance.MEDIUM, "The AWS region.");
        keys.define(S3_PATH_STYLE, Type.BOOLEAN, false, Importance.MEDIUM,
                "Bucket in the path instead of the host name; most other stores need true.");
        keys.define(S3_ACCESS_KEY_ID, Type.STRING, null, Importance.MEDIUM,
                "Access key; unset: the AWS default chain.");
        keys.define(S3_SECRET_ACCESS_KEY, Type.PASSWORD, null, Importance.MEDIUM,
                "Secret of the access key.");
    }

    private static void rotation(ConfigDef keys) {
        keys.define(ROTATE_RECORDS, Type.LONG, 100_000L, Range.atLeast(1), Importance.MEDIUM,
                "Records after which an object is closed.");
        keys.define(ROTATE_BYTES, Type.LONG, 64 * MIB, Range.between(1, LARGEST_OBJECT),
                Importance.MEDIUM, "Uncompressed line bytes after which an object is closed.");
        keys.define(ROTATE_INTERVAL_MS, Type.LONG, 60_000L, Range.atLeast(1), Importance.MEDIUM,
                "Wall-clock age, from its first record on, at which an object is closed.");
        keys.define(COMPRESSION_TYPE, Type.STRING, "gzip", ValidString.in("gzip", "none"),
                Importance.MEDIUM, "How objects are stored.");
        keys.define(COMPRESSION_LEVEL, Type.INT, 3, Range.between(1, 9), Importance.LOW,
                "gzip's level: 1 is fast, 9 is small.");
    }

    private static void spool(ConfigDef keys) {
        keys.define(SPOOL_MEMORY_BYTES, Type.LONG, 32 * MIB, Range.atLeast(0), Importance.LOW,
                "Heap for the open objects of one task together; the rest is spooled to disk.");
        keys.define(SPOOL_DIRECTORY, Type.STRING, System.getProperty("java.io.tmpdir"),
                new NonEmptyString(), Importance.LOW, "Where open objects are spooled.");
    }

    /** The converters that hand the producer's bytes through. */
    static List<String> verbatimConverters() {
        return List.of("org.apache.kafka.connect.converters.ByteArrayConverter",
                "org.apache.kafka.connect.storage.StringConverter");
    }
}
