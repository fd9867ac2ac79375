package io.tidegate.connect.s3.core;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** One JSON object without nesting; unknown nested fields are skipped. */
final class FlatJson {
    private static final JsonFactory JSON = new JsonFactory();

    private final String key;
    private final Map<String, Object> fields = new HashMap<>();

    private FlatJson(String key) {
        this.key = key;
    }

    /** Parses the object stored under {@code key}, which errors name. */
    static FlatJson parse(String key, byte[] bytes) {
        FlatJson json = new FlatJson(key);
        try (JsonParser parser = JSON.createParser(bytes)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw json.damaged("not a JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                json.take(name, parser.nextToken(), parser);
            }
            return json;
        } catch (IOException e) {
            throw new LandingError.Refused(key + " is damaged: " + e.getMessage(), e);
        }
    }

    /** {@code {"<name>": <value>}}. */
    static byte[] of(String name, long value) {
        return ("{\"" + name + "\":" + value + "}").getBytes(StandardCharsets.UTF_8);
    }

    private void take(String name, JsonToken token, JsonParser parser) throws IOException {
        switch (token) {
            case VALUE_STRING -> fields.put(name, parser.getText());
            case VALUE_NUMBER_INT -> fields.put(name, parser.getLongValue());
            case VALUE_TRUE, VALUE_FALSE -> fields.put(name, parser.getBooleanValue());
            default -> parser.skipChildren();
        }
    }

    String text(String name) {
        return typed(name, String.class);
    }

    long number(String name) {
        return typed(name, Long.class);
    }

    Long numberOrNull(String name) {
        return fields.containsKey(name) ? typed(name, Long.class) : null;
    }

    long numberOr(String name, long absent) {
        return fields.containsKey(name) ? number(name) : absent;
    }

    boolean flag(String name) {
        return typed(name, Boolean.class);
    }

    private <T> T typed(String name, Class<T> type) {
        Object value = fields.get(name);
        if (!type.isInstance(value)) {
            throw damaged("field \"" + name + "\" is missing or not a " + type.getSimpleName());
        }
        return type.cast(value);
    }

    LandingError.Refused damaged(String what) {
        return new LandingError.Refused(key + " is damaged: " + what);
    }
}
