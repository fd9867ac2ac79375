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
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/**
 * The raw zone as a stranger reads it: manifests first, then the objects they name.
 *
 * <p>Reading fails unless each chain is unbroken, and each object is what its manifest says.
 */
final class Landed {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** "topic id/partition" to offset to value. */
    final TreeMap<String, TreeMap<Long, String>> values = new TreeMap<>();
    final TreeMap<String, List<Manifest>> chains = new TreeMap<>();
    final List<byte[]> lines = new ArrayList<>();

    static Landed in(InMemoryStore store, Layout layout) {
        Landed landed = new Landed();
        String all = layout.generationsFolder(InMemoryLog.TOPIC);
        store.objects.forEach((key, body) -> {
            if (key.startsWith(all) && !key.contains("/_tail/") && !key.contains("/_start/")) {
                landed.take(key, ManifestJson.read(key, body), store);
            }
        });
        return landed;
    }

    TreeMap<Long, String> of(TopicId id, int partition) {
        return values.getOrDefault(id + "/" + partition, new TreeMap<>());
    }

    List<Manifest> chain(TopicId id, int partition) {
        return chains.getOrDefault(id + "/" + partition, List.of());
    }

    private void take(String key, Manifest manifest, InMemoryStore store) {
        String place = manifest.chain().topicId() + "/" + manifest.source().partition();
        List<Manifest> chain = chains.computeIfAbsent(place, p -> new ArrayList<>());
        long expected = chain.isEmpty() ? 0 : chain.get(chain.size() - 1).nextExpectedOffset();
        assertEquals(expected, manifest.chain().expectedOffset(), () -> "chain broken at " + key);
        chain.add(manifest);
        byte[] stored = store.objects.get(manifest.object().dataKey());
        assertNotNull(stored, () -> key + " names an object that is not there");
        assertEquals(manifest.object().sha256(), sha256(stored), () -> key + ": other bytes");
        assertEquals(manifest.object().bytes(), stored.length, () -> key + ": other size");
        takeLines(key, manifest, unzip(stored));
    }

    private void takeLines(String key, Manifest manifest, String text) {
        TreeMap<Long, String> known = values.computeIfAbsent(
                manifest.chain().topicId() + "/" + manifest.source().partition(),
                p -> new TreeMap<>());
        List<Long> offsets = new ArrayList<>();
        for (String line : text.split("\n")) {
            lines.add(line.getBytes(StandardCharsets.UTF_8));
            JsonNode record = parse(line);
            long offset = record.get("offset").asLong();
            offsets.add(offset);
            String before = known.put(offset, record.get("value").asText());
            assertEquals(null, before, () -> key + ": offset " + offset + " landed twice");
        }
        OffsetSpan span = manifest.object().span();
        assertEquals(span.records(), offsets.size(), () -> key + ": other record count");
        assertEquals(span.first(), offsets.get(0), () -> key + ": other first offset");
        assertEquals(span.last(), offsets.get(offsets.size() - 1), () -> key + ": other last");
        assertEquals(offsets.stream().sorted().toList(), offsets, () -> key + ": out of order");
    }

    private static String unzip(byte[] stored) {
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

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
