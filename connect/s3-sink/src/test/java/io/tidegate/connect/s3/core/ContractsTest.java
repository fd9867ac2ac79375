package io.tidegate.connect.s3.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The frozen seams in docs/contracts, and that the sink keeps to them. */
class ContractsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path CONTRACTS = Path.of(System.getProperty("tidegate.contracts"));

    @TestFactory
    Stream<DynamicTest> examplesAreJudgedAsTheirNamesSay() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (String contract : List.of("record-line", "manifest")) {
            JsonSchema schema = schema(contract);
            try (Stream<Path> files = Files.list(CONTRACTS.resolve("examples/" + contract))) {
                files.sorted().forEach(file -> tests.add(DynamicTest.dynamicTest(
                        contract + "/" + file.getFileName(), () -> assertEquals(
                                file.toString().endsWith(".pass.json"),
                                mistakes(schema, Files.readAllBytes(file)).isEmpty()))));
            }
        }
        return tests.stream();
    }

    @Test
    void everythingThatLandsKeepsTheContracts() throws IOException {
        Bench bench = new Bench();
        bench.log.append(0, 20);
        bench.log.compactAway(0, 7);
        bench.drain(bench.reading(0));
        Landed landed = bench.landed();
        for (Manifest manifest : landed.chain(bench.log.id, 0)) {
            keeps("manifest", ManifestJson.write(manifest));
        }
        for (byte[] line : landed.lines) {
            keeps("record-line", line);
        }
        assertFalse(landed.lines.isEmpty());
    }

    @Test
    void everyShapeOfRecordKeepsTheContract() throws IOException {
        byte[] text = {'a'};
        byte[] binary = {(byte) 0xFF};
        List<byte[]> shapes = new ArrayList<>(List.of(text, binary, new byte[0]));
        shapes.add(null);
        for (byte[] key : shapes) {
            for (byte[] value : shapes) {
                RecordLine line = new RecordLine().encode(new LandingRecord(Bench.P0, 0, null,
                        "NoTimestampType", key, List.of(new LandingRecord.Header("h", value)),
                        value));
                keeps("record-line", java.util.Arrays.copyOf(line.bytes(), line.length()));
            }
        }
    }

    /** The lines that Python's replay writes are compared with the same file. */
    @Test
    void everyPassingExampleBecomesItsLine() throws IOException {
        List<String> lines = new ArrayList<>();
        try (Stream<Path> files = Files.list(CONTRACTS.resolve("examples/record-line"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".pass.json")).sorted().toList()) {
                RecordLine line = new RecordLine().encode(record(JSON.readTree(file.toFile())));
                lines.add(new String(line.bytes(), 0, line.length(), StandardCharsets.UTF_8));
            }
        }
        assertEquals(Files.readString(CONTRACTS.resolve("examples/record-line.lines")),
                String.join("", lines));
    }

    private static LandingRecord record(JsonNode line) throws IOException {
        List<LandingRecord.Header> headers = new ArrayList<>();
        for (JsonNode header : line.get("headers")) {
            headers.add(new LandingRecord.Header(
                    header.get(0).asText(), content(header.get(1), header.get(2))));
        }
        JsonNode timestamp = line.get("timestamp");
        return new LandingRecord(
                new PartitionId(line.get("topic").asText(), line.get("partition").asInt()),
                line.get("offset").asLong(),
                timestamp.isNull() ? null : Long.valueOf(timestamp.asLong()),
                line.get("timestamp_type").asText(),
                content(line.get("key"), line.get("key_base64")),
                headers,
                content(line.get("value"), line.get("value_base64")));
    }

    private static byte[] content(JsonNode text, JsonNode base64) throws IOException {
        if (base64 != null) {
            return base64.binaryValue();
        }
        return text.isNull() ? null : text.asText().getBytes(StandardCharsets.UTF_8);
    }

    @TestFactory
    Stream<DynamicTest> manifestsAreReadBackAsTheyWereWritten() throws IOException {
        Path folder = CONTRACTS.resolve("examples/manifest");
        List<DynamicTest> tests = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(f -> f.toString().endsWith(".pass.json")).sorted().forEach(file ->
                    tests.add(DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                        Manifest read = ManifestJson.read("x", Files.readAllBytes(file));
                        JsonNode written = JSON.readTree(ManifestJson.write(read));
                        for (Map.Entry<String, JsonNode> field : written.properties()) {
                            assertEquals(JSON.readTree(file.toFile()).get(field.getKey()),
                                    field.getValue(), field.getKey());
                        }
                    })));
        }
        return tests.stream();
    }

    private static void keeps(String contract, byte[] document) throws IOException {
        assertEquals(Set.of(), mistakes(schema(contract), document));
    }

    private static Set<ValidationMessage> mistakes(JsonSchema schema, byte[] document)
            throws IOException {
        return schema.validate(JSON.readTree(document));
    }

    private static JsonSchema schema(String contract) throws IOException {
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(Files.readString(CONTRACTS.resolve(contract + ".schema.json")));
    }
}
