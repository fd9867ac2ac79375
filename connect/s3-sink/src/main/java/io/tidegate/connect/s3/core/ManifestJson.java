package io.tidegate.connect.s3.core;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.UUID;

/** Manifests to bytes and back. */
public final class ManifestJson {
    private static final JsonFactory JSON = new JsonFactory();
    private static final DateTimeFormatter MILLIS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private ManifestJson() {}

    public static byte[] write(Manifest manifest) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeNumberField("manifest_version", Manifest.VERSION);
            writeChain(json, manifest);
            writeObject(json, manifest);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void writeChain(JsonGenerator json, Manifest manifest) throws IOException {
        Manifest.ChainFacts chain = manifest.chain();
        json.writeStringField("topic", manifest.source().topic());
        json.writeStringField("topic_id", chain.topicId().shortHex());
        json.writeStringField("topic_uuid", chain.topicId().toString());
        json.writeNumberField("partition", manifest.source().partition());
        json.writeNumberField("expected_offset", chain.expectedOffset());
        json.writeNumberField("chain_start_offset", chain.chainStartOffset());
        json.writeNumberField("log_start_offset", chain.logStartOffset());
        json.writeStringField("cleanup_policy", chain.cleanupPolicy());
        json.writeBooleanField("contiguous_read", chain.contiguousRead());
        json.writeStringField("delivery", chain.delivery().wireName());
    }

    private static void writeObject(JsonGenerator json, Manifest manifest) throws IOException {
        ObjectFacts object = manifest.object();
        json.writeStringField("data_key", object.dataKey());
        json.writeStringField("attempt", object.attempt());
        json.writeStringField("etag", manifest.etag());
        json.writeStringField("sha256", object.sha256());
        json.writeStringField("compression", object.compression().wireName());
        json.writeNumberField("bytes", object.bytes());
        json.writeNumberField("line_bytes", object.lineBytes());
        json.writeNumberField("value_bytes", object.valueBytes());
        json.writeNumberField("record_count", object.span().records());
        if (object.span().errants() > 0) {
            json.writeNumberField("errant_records", object.span().errants());
        }
        json.writeNumberField("first_offset", object.span().first());
        json.writeNumberField("last_offset", object.span().last());
        writeNullable(json, "min_timestamp", object.minTimestamp());
        writeNullable(json, "max_timestamp", object.maxTimestamp());
        json.writeStringField("landed_at", MILLIS.format(object.landedAt()));
    }

    private static void writeNullable(JsonGenerator json, String name, Long value)
            throws IOException {
        if (value == null) {
            json.writeNullField(name);
        } else {
            json.writeNumberField(name, value);
        }
    }

    /** Reads a manifest; {@link LandingError.Refused} naming {@code key} when it is damaged. */
    public static Manifest read(String key, byte[] bytes) {
        FlatJson json = FlatJson.parse(key, bytes);
        if (json.number("manifest_version") != Manifest.VERSION) {
            throw json.damaged("manifest_version is not " + Manifest.VERSION);
        }
        PartitionId source =
                new PartitionId(json.text("topic"), (int) json.number("partition"));
        return new Manifest(source, readObject(json), json.text("etag"), readChain(json));
    }

    private static ObjectFacts readObject(FlatJson json) {
        return new ObjectFacts(
                json.text("data_key"),
                json.text("attempt"),
                Compression.of(json.text("compression")),
                json.text("sha256"),
                json.number("bytes"),
                json.number("line_bytes"),
                json.number("value_bytes"),
                new OffsetSpan(json.number("first_offset"), json.number("last_offset"),
                        json.number("record_count"), json.numberOr("errant_records", 0)),
                json.numberOrNull("min_timestamp"),
                json.numberOrNull("max_timestamp"),
                Instant.parse(json.text("landed_at")));
    }

    private static Manifest.ChainFacts readChain(FlatJson json) {
        return new Manifest.ChainFacts(
                new TopicId(UUID.fromString(json.text("topic_uuid"))),
                json.number("expected_offset"),
                json.number("chain_start_offset"),
                json.number("log_start_offset"),
                json.text("cleanup_policy"),
                json.flag("contiguous_read"),
                Delivery.of(json.text("delivery")));
    }
}
