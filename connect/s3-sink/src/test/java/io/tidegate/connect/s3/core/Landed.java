package io.tidegate.connect.s3.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/**
 * The raw zone as a stranger reads it: manifests first, then the objects they name.
 *
 * <p>Reading fails unless each object is what its manifest says. Where the store has conditional
 * writes it fails also unless each chain is unbroken and each record is there once; where it has
 * none, the manifests that attempts left under names of their own count as well.
 */
final class Landed {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final MessageDigest SHA_256 = sha256();

    final List<byte[]> lines = new ArrayList<>();
    /** Keys of all objects that a manifest names. */
    final Set<String> named = new HashSet<>();
    private final TreeMap<String, TreeMap<Long, String>> digests = new TreeMap<>();
    private final TreeMap<String, List<Manifest>> chains = new TreeMap<>();
    private final InMemoryStore store;
    private final Delivery delivery;

    private Landed(InMemoryStore store, Delivery delivery) {
        this.store = store;
        this.delivery = delivery;
    }

    static Landed in(InMemoryStore store, Layout layout, Delivery delivery) {
        Landed landed = new Landed(store, delivery);
        String all = layout.generationsFolder(InMemoryLog.TOPIC);
        store.objects.tailMap(all).forEach((key, body) -> {
            if (key.startsWith(all) && !key.contains("/_tail/") && !key.contains("/_start/")) {
                landed.take(key, ManifestJson.read(key, body));
            }
        });
        return landed;
    }

    /** Offset to {@link #digest} of the record that landed there. */
    TreeMap<Long, String> of(TopicId id, int partition) {
        return digests.getOrDefault(id + "/" + partition, new TreeMap<>());
    }

    List<Manifest> chain(TopicId id, int partition) {
        return chains.getOrDefault(id + "/" + partition, List.of());
    }

    /** sha256 of key and of value; absent is not empty. */
    static String digest(byte[] key, byte[] value) {
        return (key == null ? "none" : hash(key)) + "/" + (value == null ? "none" : hash(value));
    }

    private void take(String key, Manifest manifest) {
        assertEquals(delivery, manifest.chain().delivery(), () -> key + ": promises too much");
        String place = manifest.chain().topicId() + "/" + manifest.source().partition();
        List<Manifest> chain = chains.computeIfAbsent(place, p -> new ArrayList<>());
        if (delivery == Delivery.EXACTLY_ONCE) {
            long expected = chain.isEmpty() ? 0 : chain.get(chain.size() - 1).nextExpectedOffset();
            assertEquals(expected, manifest.chain().expectedOffset(), () -> "broken at " + key);
        }
        chain.add(manifest);
        byte[] stored = store.objects.get(manifest.object().dataKey());
        assertNotNull(stored, () -> key + " names an object that is not there");
        assertEquals(manifest.object().sha256(), hash(stored), () -> key + ": other bytes");
        assertEquals(manifest.object().bytes(), stored.length, () -> key + ": other size");
        named.add(manifest.object().dataKey());
        takeLines(key, manifest, text(manifest, stored));
    }

    private void takeLines(String key, Manifest manifest, String text) {
        TreeMap<Long, String> known = digests.computeIfAbsent(
                manifest.chain().topicId() + "/" + manifest.source().partition(),
                p -> new TreeMap<>());
        List<Long> offsets = new ArrayList<>();
        LongSummaryStatistics timestamps = new LongSummaryStatistics();
        long valueBytes = 0;
        for (String line : text.split("\n")) {
            lines.add(line.getBytes(StandardCharsets.UTF_8));
            JsonNode record = parse(line);
            assertEquals(manifest.source().partition(), record.get("partition").asInt());
            offsets.add(record.get("offset").asLong());
            timestamps.accept(record.get("timestamp").asLong());
            byte[] value = bytes(record.get("value"));
            valueBytes += value == null ? 0 : value.length;
            String digest = digest(bytes(record.get("key")), value);
            String before = known.put(offsets.get(offsets.size() - 1), digest);
            assertEquals(delivery == Delivery.EXACTLY_ONCE || before == null ? null : digest,
                    before, () -> key + ": an offset landed twice: " + line + offsets);
        }
        assertEquals(text.getBytes(StandardCharsets.UTF_8).length, manifest.object().lineBytes());
        assertEquals(valueBytes, manifest.object().valueBytes(), () -> key + ": value bytes");
        assertEquals(timestamps.getMin(), manifest.object().minTimestamp(), key);
        assertEquals(timestamps.getMax(), manifest.object().maxTimestamp(), key);
        OffsetSpan span = manifest.object().span();
        assertEquals(span.records(), offsets.size(), () -> key + ": other record count");
        assertEquals(span.first(), offsets.get(0), () -> key + ": other first offset");
        assertEquals(span.last(), offsets.get(offsets.size() - 1), () -> key + ": other last");
        assertEquals(offsets.stream().sorted().distinct().toList(), offsets, key);
    }

    private static byte[] bytes(JsonNode text) {
        return text == null || text.isNull() ? null
                : text.asText().getBytes(StandardCharsets.UTF_8);
    }

    private static String text(Manifest manifest, byte[] stored) {
        if (manifest.object().compression() == Compression.NONE) {
            return new String(stored, StandardCharsets.UTF_8);
        }
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(stored))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode parse(String line) {
        try {
            return JSON.readTree(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String hash(byte[] bytes) {
        return HexFormat.of().formatHex(SHA_256.digest(bytes));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
