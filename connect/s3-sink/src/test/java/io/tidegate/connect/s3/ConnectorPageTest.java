package io.tidegate.connect.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** {@code docs/connector.md} says what the connector's definitions say; `make docs` writes it. */
class ConnectorPageTest {
    private static final Path DOCS = Path.of(System.getProperty("tidegate.docs"));

    @Test
    void thePageIsTheOneMadeFromTheDefinitions() throws IOException {
        Path page = DOCS.resolve("connector.md");
        String made = made();
        if (Boolean.getBoolean("tidegate.docs.write")) {
            Files.writeString(page, made);
        }
        assertEquals(made, Files.readString(page), "docs/connector.md is not up to date: make docs");
    }

    @Test
    void everyKeyIsExplainedToSomebody() throws IOException {
        String page = made();
        ConfigKeys.definition().configKeys().forEach((name, key) ->
                assertFalse(key.documentation.isBlank() || !page.contains("`" + name + "`"), name));
        assertFalse(page.contains("null"), "a chapter without a reader");
    }

    private static String made() throws IOException {
        return ConnectorPage.render(
                ConfigKeys.definition(), DOCS.resolve("../connect/dataset.schema.json"));
    }
}
