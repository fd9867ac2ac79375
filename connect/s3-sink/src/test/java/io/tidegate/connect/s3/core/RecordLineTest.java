package io.tidegate.connect.s3.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Equal bytes come back, whatever the producer wrote. */
class RecordLineTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final PartitionId SOURCE = new PartitionId("orders", 7);

    @Test
    void aLineHasThisShape() {
        LandingRecord record = new LandingRecord(SOURCE, 42, 1795219200123L, "CreateTime",
                utf8("k"), List.of(header("a", "x")), utf8("{\"price\": 1.10}"));
        assertEquals("{\"topic\":\"orders\",\"partition\":7,\"offset\":42,"
                + "\"timestamp\":1795219200123,\"timestamp_type\":\"CreateTime\",\"key\":\"k\","
                + "\"headers\":[[\"a\",\"x\"]],\"value\":\"{\\\"price\\\": 1.10}\"}\n",
                line(record));
    }

    @Test
    void aBareTombstoneHasThisShape() {
        LandingRecord record = new LandingRecord(SOURCE, 0, null, "NoTimestampType", null,
                List.of(new LandingRecord.Header("h", null)), null);
        assertEquals("{\"topic\":\"orders\",\"partition\":7,\"offset\":0,\"timestamp\":null,"
                + "\"timestamp_type\":\"NoTimestampType\",\"key\":null,"
                + "\"headers\":[[\"h\",null]],\"value\":null}\n", line(record));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", " ", "null", "{\"a\": 1.10}", "{\"a\":1,\"a\":2}", "9223372036854775809",
        "0.100000000000000000000000000001", "\"quoted\"", "back\\slash", "\\ud800", "\\u0000",
        "tab\tfeed\nreturn\r\b\f", "\u0000\u0001\u001f\u007f", "\u0085\u2028\u2029", "\u2027\u202a",
        "\ufeff{\"bom\":true}", "1234567\"", "12345678\"", "\u001f23456789", "1234567\\9\u0000", "!#[]~ \u007f!#[]~",
        "\u00ff2345678\"\u2028", "        \u0020\u001f", "\"\"\"\"\"\"\"\"\"", "é ß 漢字", "😀👩‍👩‍👧", "\uffff\ufffe", "</script>", "{not json",
    })
    void textComesBackEqual(String text) throws IOException {
        String line = line(value(utf8(text)));
        assertEquals(text, JSON.readTree(line).get("value").asText());
        assertEquals(1, line.lines().count());
        assertFalse(line.matches("(?s).*[\u0085\u2028\u2029].*"), "a reader may split this line");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "80", "ff", "c0af", "c3", "e28082ff", "eda080", "edbfbf", "f4908080", "f8888080", "e0809f",
        "41c3", "f0808080", "f09f98",
    })
    void bytesThatAreNotTextComeBackEqual(String hex) throws IOException {
        byte[] bytes = HexFormat.of().parseHex(hex);
        JsonNode line = JSON.readTree(line(new LandingRecord(SOURCE, 1, 1L, "CreateTime", bytes,
                List.of(new LandingRecord.Header("h", bytes)), bytes)));
        assertArrayEquals(bytes, decoded(line.get("value_base64")));
        assertArrayEquals(bytes, decoded(line.get("key_base64")));
        assertArrayEquals(bytes, decoded(line.get("headers").get(0).get(2)));
        assertTrue(line.get("headers").get(0).get(1).isNull());
        assertFalse(line.has("value") || line.has("key"));
    }

    @Test
    void randomBytesComeBackEqual() throws IOException {
        Random random = new Random(20261121);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(12)];
            random.nextBytes(bytes);
            JsonNode line = JSON.readTree(line(value(bytes)));
            byte[] back = line.has("value")
                    ? utf8(line.get("value").asText())
                    : decoded(line.get("value_base64"));
            assertArrayEquals(bytes, back);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 9, 10, 99, 100, 1795219200123L, Long.MAX_VALUE, -1, -10,
        Long.MIN_VALUE})
    void everyNumberIsWrittenInFull(long number) throws IOException {
        LandingRecord record = new LandingRecord(
                SOURCE, number, number, "CreateTime", null, List.of(), null);
        JsonNode line = JSON.readTree(line(record));
        assertEquals(number, line.get("offset").longValue());
        assertEquals(Long.toString(number), line.get("timestamp").toString());
    }

    /** Topic, partition and kind of timestamp are encoded once for neighbours that share them. */
    @Test
    void eachRecordOfAMixedDeliveryNamesItsOwnSource() throws IOException {
        RecordLine line = new RecordLine();
        for (int i = 0; i < 40; i++) {
            PartitionId source = new PartitionId("topic" + i / 4 % 3, i % 2);
            String type = i % 5 == 0 ? "LogAppendTime" : "CreateTime";
            line.encode(new LandingRecord(source, i, 1L, type, null, List.of(), null));
            JsonNode read = JSON.readTree(line.bytes(), 0, line.length());
            assertEquals(source.topic(), read.get("topic").asText());
            assertEquals(source.partition(), read.get("partition").asInt());
            assertEquals(i, read.get("offset").asInt());
            assertEquals(type, read.get("timestamp_type").asText());
        }
    }

    @Test
    void aGiantRecordIsFollowedByASmallOne() throws IOException {
        RecordLine line = new RecordLine();
        String giant = "x\"".repeat(6 * 1024 * 1024);
        line.encode(value(utf8(giant)));
        assertEquals(giant, JSON.readTree(line.bytes(), 0, line.length()).get("value").asText());
        line.encode(value(utf8("small")));
        assertEquals("small", JSON.readTree(line.bytes(), 0, line.length()).get("value").asText());
    }

    private static String line(LandingRecord record) {
        RecordLine line = new RecordLine().encode(record);
        return new String(line.bytes(), 0, line.length(), StandardCharsets.UTF_8);
    }

    private static LandingRecord value(byte[] value) {
        return new LandingRecord(SOURCE, 1, 1L, "CreateTime", null, List.of(), value);
    }

    private static LandingRecord.Header header(String name, String value) {
        return new LandingRecord.Header(name, utf8(value));
    }

    private static byte[] decoded(JsonNode base64) {
        return Base64.getDecoder().decode(base64.asText());
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
