package io.tidegate.connect.s3;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;

/** The page of all connector keys, made from their definitions. */
final class ConnectorPage {
    private static final String HEAD = """
            # The S3 sink's keys

            Made from the connector's own definitions by `make docs`; a test fails while this page differs from them.
            What the sink does with errors, dead letters and time limits, and what it shows, is in
            [connector-operation.md](connector-operation.md). A key that neither Connect, nor the sink, nor one of the prefixes
            below knows is refused when the connector is created, with the nearest known key.
            """;
    /** Chapter to whom its keys concern. */
    private static final Map<String, String> READERS = Map.of(
            "Store", "For whoever runs the platform: where the bucket is, and who may write to it.",
            "How objects are stored", "For whoever pays for the bucket or answers for its contents.",
            "When an object is closed", "For whoever waits for the data: many small objects soon,"
                    + " or few large ones later. Whichever limit is reached first.",
            "Memory and disk", "For whoever runs the workers.",
            "Kafka and the promise", "For whoever runs the platform.");
    private static final String TAIL = """

            ## Keys of others

            | prefix or key | whose |
            |---|---|
            | `kafka.*` | the sink's Admin client; everything Kafka knows for one |
            | `consumer.override.*` | Connect's consumer; `auto.offset.reset` must stay `earliest` ([why](decisions/0006-the-consumer-never-resets-to-the-end.md)) |
            | `producer.override.*`, `admin.override.*` | Connect's clients for the dead letter topic |
            | `key.converter.*`, `value.converter.*`, `header.converter.*` | the converters; use `ByteArrayConverter` for all three |
            | `transforms`, `transforms.<name>.*`, `predicates`, `predicates.<name>.*` | Connect; a `<name>` that its list lacks is refused |
            | `name`, `topics`, `tasks.max`, `errors.*` and the others | [Connect](https://kafka.apache.org/documentation/#sinkconnectconfigs) |
            """;

    private ConnectorPage() {}

    /**
     * @param datasetSchema connect/dataset.schema.json
     */
    static String render(ConfigDef definition, Path datasetSchema) throws IOException {
        StringBuilder page = new StringBuilder(HEAD);
        chapters(definition).forEach((title, keys) -> {
            page.append("\n## ").append(title).append("\n\n").append(READERS.get(title))
                    .append("\n\n| key | type | default | valid | importance | what it does |\n")
                    .append("|---|---|---|---|---|---|\n");
            keys.forEach(key -> page.append(row(key)));
        });
        return page.append(dataset(datasetSchema)).append(TAIL).toString();
    }

    private static Map<String, List<ConfigKey>> chapters(ConfigDef definition) {
        Map<String, List<ConfigKey>> chapters = new LinkedHashMap<>();
        for (String title : definition.groups()) {
            List<ConfigKey> keys = new ArrayList<>(definition.configKeys().values());
            keys.removeIf(key -> !title.equals(key.group));
            keys.sort(Comparator.comparingInt(key -> key.orderInGroup));
            chapters.put(title, keys);
        }
        return chapters;
    }

    private static String row(ConfigKey key) {
        return cells("`" + key.name + "`", lower(key.type), missing(key),
                Optional.ofNullable(key.validator).map(Object::toString).orElse("any"),
                lower(key.importance), key.documentation);
    }

    private static String missing(ConfigKey key) {
        if (!key.hasDefault()) {
            return "**required**";
        }
        if (key.name.equals(ConfigKeys.SPOOL_DIRECTORY)) {
            return "the JVM's `java.io.tmpdir`"; // another one on each machine
        }
        return key.defaultValue == null ? "unset"
                : "".equals(key.defaultValue) ? "empty" : "`" + key.defaultValue + "`";
    }

    private static String dataset(Path schema) throws IOException {
        JsonNode document = new ObjectMapper().readTree(schema.toFile());
        List<String> required = new ArrayList<>();
        document.get("required").forEach(name -> required.add(name.asText()));
        StringBuilder rows = new StringBuilder("""

                ## The dataset

                For whoever owns the data: these keys register the topic as a dataset (`tidegate sync` adopts the connector);
                without any, the topic only lands. `dataset.start` counts in both cases. Lists are separated by commas.

                | key | valid | required | what it says |
                |---|---|---|---|
                """);
        document.get("properties").properties().forEach(field -> {
            String name = field.getKey();
            if (!name.equals("connector")) { // the connector's own keys, seen from a dataset file
                String key = "dataset." + name.replace('_', '.')
                        + (name.equals("policy") ? ".<code>" : "");
                rows.append(cells("`" + key + "`", valid(document, field.getValue()),
                        required.contains(name) && !name.equals("name") ? "yes" : "no",
                        field.getValue().get("description").asText()));
            }
        });
        return rows.toString();
    }

    private static String valid(JsonNode document, JsonNode field) {
        JsonNode form = field.has("$ref") ? document.at(field.get("$ref").asText().substring(1))
                : field;
        JsonNode of = form.has("items") ? form.get("items")
                : form.path("additionalProperties").isObject() ? form.get("additionalProperties")
                : form;
        if (!of.has("enum")) {
            return form.has("items") ? "a list" : of.path("type").asText();
        }
        List<String> words = new ArrayList<>();
        of.get("enum").forEach(word -> words.add("`" + word.asText() + "`"));
        return (form.has("items") ? "a list of " : "") + String.join(", ", words);
    }

    private static String lower(Enum<?> word) {
        return word.name().toLowerCase(Locale.ROOT);
    }

    private static String cells(String... cells) {
        List<String> safe = new ArrayList<>();
        for (String cell : cells) {
            safe.add(cell.replace("|", "\\|").replace("<address>", "`<address>`")
                    .replace("<class>", "`<class>`"));
        }
        return "| " + String.join(" | ", safe) + " |\n";
    }
}
