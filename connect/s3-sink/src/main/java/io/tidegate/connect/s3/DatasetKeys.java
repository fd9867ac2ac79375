package io.tidegate.connect.s3;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The form of {@code dataset.*} keys.
 *
 * <p>The sink itself does not need them: they register the topic as a dataset. A mistake is still
 * told here, because this is where its author is looking.
 */
final class DatasetKeys {
    static final String START = "dataset.start";

    /** Key to the form of its value; other dataset.* keys are free. */
    private static final Map<String, Form> FORMS = Map.of(
            "dataset.name", new Form("[a-z][a-z0-9_]*", "lower case letters, digits and _"),
            "dataset.mode", new Form("append|upsert|history", "append, upsert or history"),
            START, new Form("earliest|latest", "earliest or latest"));

    private record Form(Pattern pattern, String words) {
        Form(String pattern, String words) {
            this(Pattern.compile(pattern), words);
        }
    }

    private DatasetKeys() {}

    /** Key to what is wrong with it. */
    static Map<String, String> mistakes(Map<String, String> config) {
        Map<String, String> mistakes = new LinkedHashMap<>();
        FORMS.forEach((key, form) -> {
            String value = config.get(key);
            if (value != null && !form.pattern().matcher(value).matches()) {
                mistakes.put(key, key + ": \"" + value + "\" is not " + form.words());
            }
        });
        return mistakes;
    }
}
