package io.tidegate.connect.s3;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.connect.runtime.SinkConnectorConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds keys that nobody reads: Connect passes them over without a word. */
final class KnownKeys {
    private static final Logger LOG = LoggerFactory.getLogger(KnownKeys.class);

    /** Whatever follows is somebody else's to know: a converter's, a plugin's of the client. */
    private static final List<String> FREE = List.of("dataset.", "key.converter.",
            "value.converter.", "header.converter.");
    /** Keys of a Kafka client follow; plugins of the client may have keys of their own. */
    private static final Map<String, Set<String>> CLIENTS = Map.of(
            ConfigKeys.KAFKA_PREFIX, AdminClientConfig.configNames(),
            "consumer.override.", ConsumerConfig.configNames(),
            "producer.override.", ProducerConfig.configNames(),
            "admin.override.", AdminClientConfig.configNames());
    /** Below these, the first word is a name out of the list of that key. */
    private static final List<String> LISTS = List.of("transforms", "predicates");
    private static final int SLIP = 2;

    private final Map<String, String> config;
    private final Set<String> exact;

    private KnownKeys(Map<String, String> config, Set<String> exact) {
        this.config = config;
        this.exact = exact;
    }

    /** Key to what is wrong with it; empty when Connect does not say which keys are its own. */
    static Map<String, String> mistakes(Map<String, String> config) {
        Set<String> exact = new TreeSet<>(ConfigKeys.definition().names());
        try {
            // The worker's own class, so that the keys of a newer Connect are known as well.
            exact.addAll(SinkConnectorConfig.configDef().names());
        } catch (LinkageError e) {
            LOG.warn("this Connect does not tell its keys, unknown ones are not found: {}",
                    e.toString());
            return Map.of();
        }
        return new KnownKeys(config, exact).find();
    }

    private Map<String, String> find() {
        Map<String, String> mistakes = new LinkedHashMap<>();
        for (String key : config.keySet()) {
            mistake(key).ifPresent(what -> mistakes.put(key, key + ": " + what));
        }
        return mistakes;
    }

    private Optional<String> mistake(String key) {
        if (exact.contains(key) || FREE.stream().anyMatch(key::startsWith)) {
            return Optional.empty();
        }
        for (Map.Entry<String, Set<String>> client : CLIENTS.entrySet()) {
            if (key.startsWith(client.getKey())) {
                return nearMiss(key, client.getKey(), client.getValue());
            }
        }
        for (String list : LISTS) {
            if (key.startsWith(list + ".")) {
                return notListed(key, list);
            }
        }
        return Optional.of("unknown; " + meant(key).map(known -> "did you mean " + known + "?")
                .orElse("neither Connect nor this sink reads it (docs/connector.md)"));
    }

    /** A key cut short is further away than its length allows for. */
    private Optional<String> meant(String key) {
        return nearest(key, exact, Math.max(SLIP, key.length() / 4)).or(() ->
                exact.stream().filter(known -> known.startsWith(key + ".")).findFirst());
    }

    /** A client's key is judged only when it looks like a slip of the pen. */
    private static Optional<String> nearMiss(String key, String prefix, Set<String> names) {
        String name = key.substring(prefix.length());
        return names.contains(name)
                ? Optional.empty()
                : nearest(name, names, SLIP).map(known ->
                        "unknown; did you mean " + prefix + known + "?");
    }

    private Optional<String> notListed(String key, String list) {
        List<String> names =
                Arrays.asList(config.getOrDefault(list, "").trim().split("\\s*,\\s*"));
        boolean listed = names.stream()
                .anyMatch(name -> !name.isEmpty() && key.startsWith(list + "." + name + "."));
        return listed
                ? Optional.empty()
                : Optional.of("unknown; " + list + "=" + config.getOrDefault(list, "")
                        + " has no such name");
    }

    private static Optional<String> nearest(String key, Set<String> names, int within) {
        String best = null;
        int least = within + 1;
        for (String name : names) {
            int distance = EditDistance.between(key, name);
            if (distance < least) {
                best = name;
                least = distance;
            }
        }
        return Optional.ofNullable(best);
    }
}
