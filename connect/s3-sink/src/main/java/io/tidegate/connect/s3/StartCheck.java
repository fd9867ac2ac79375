package io.tidegate.connect.s3;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;

/** What a task refuses to start with, and validation tells beforehand. */
final class StartCheck {
    private static final String EARLIEST = "earliest";
    private static final int SHORTEST_POLL_INTERVAL_MS = 6_000;

    private StartCheck() {}

    static void run(SinkConfig config) {
        Map<String, String> mistakes = mistakes(config.originalsStrings());
        mistakes.putAll(spoolMistakes(config));
        if (!mistakes.isEmpty()) {
            throw new ConfigException(String.join("; ", mistakes.values()));
        }
    }

    /** Key to what is wrong with it. */
    static Map<String, String> mistakes(Map<String, String> config) {
        Map<String, String> mistakes = new LinkedHashMap<>();
        String reset = config.getOrDefault(ConfigKeys.CONSUMER_RESET, EARLIEST);
        if (!EARLIEST.equals(reset)) {
            mistakes.put(ConfigKeys.CONSUMER_RESET, ConfigKeys.CONSUMER_RESET + ": \"" + reset
                    + "\" would let the consumer skip records whenever retention overtakes it."
                    + " Remove the key; where a topic's first chain begins is said by "
                    + DatasetKeys.START + " (earliest or latest)");
        }
        String poll = config.get(ConfigKeys.MAX_POLL_INTERVAL_MS);
        if (poll != null && !(poll.trim().matches("[0-9]{1,9}")
                && Integer.parseInt(poll.trim()) >= SHORTEST_POLL_INTERVAL_MS)) {
            mistakes.put(ConfigKeys.MAX_POLL_INTERVAL_MS, ConfigKeys.MAX_POLL_INTERVAL_MS + ": \""
                    + poll + "\" is not a number of at least " + SHORTEST_POLL_INTERVAL_MS
                    + "; a third of it is what one upload may take");
        }
        return mistakes;
    }

    /** Tried out by writing, because free space and rights cannot be read off reliably. */
    static Map<String, String> spoolMistakes(SinkConfig config) {
        Path directory = Path.of(config.getString(ConfigKeys.SPOOL_DIRECTORY));
        try {
            Files.createDirectories(directory);
            Path probe = Files.createTempFile(directory, "tidegate-", ".probe");
            try {
                Files.write(probe, new byte[1]);
            } finally {
                Files.delete(probe);
            }
            return Map.of();
        } catch (IOException e) {
            return Map.of(ConfigKeys.SPOOL_DIRECTORY, ConfigKeys.SPOOL_DIRECTORY + ": " + directory
                    + " on the worker cannot be written: " + e);
        }
    }
}
