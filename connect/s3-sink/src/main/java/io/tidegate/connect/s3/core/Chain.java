package io.tidegate.connect.s3.core;

import io.tidegate.connect.s3.core.LandingError.Refused;
import io.tidegate.connect.s3.core.LandingError.Unavailable;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the end of a partition's chain of manifests, and begins chains. */
final class Chain {
    private static final Logger LOG = LoggerFactory.getLogger(Chain.class);
    private static final String HINT_FIELD = "expected_offset";
    private static final String START_FIELD = "chain_start_offset";

    private final Layout layout;
    private final StartAt startAt;
    private final ObjectStore store;
    private final TopicLog log;

    Chain(LandingSettings settings, ObjectStore store, TopicLog log) {
        layout = settings.layout();
        startAt = settings.startAt();
        this.store = store;
        this.log = log;
    }

    /** Where the partition's chain ends now, under the topic's present id. */
    ChainPlace locate(PartitionId source) {
        TopicId id = log.topicId(source.topic());
        String policy = log.cleanupPolicy(source.topic());
        TopicLog.Range offsets = log.offsets(source);
        Optional<Manifest> tail = tail(source, id);
        ChainPlace place = tail.isPresent()
                ? new ChainPlace(id, policy, 0, 0, true).after(tail.get())
                : new ChainPlace(id, policy, 0, begin(source, id, offsets), true);
        if (!id.equals(log.topicId(source.topic()))) {
            throw new Unavailable(source + ": the topic was created again during this look");
        }
        if (place.readFrom() > offsets.end()) {
            throw truncated(source, place, offsets);
        }
        return place;
    }

    /** The first offset Kafka can deliver of those that the place still wants. */
    long readable(PartitionId source, ChainPlace place) {
        return Math.max(place.readFrom(), log.offsets(source).start());
    }

    /** The end of the chain, given a manifest that is known to be on it. */
    ChainPlace following(PartitionId source, ChainPlace place, Manifest known) {
        String key = layout.manifestKey(source, place.topicId(), known.chain().expectedOffset());
        return place.after(newest(source, place.topicId(), key).orElse(known));
    }

    /** Tells later openings where to start looking; losing it costs them a longer listing. */
    void hint(PartitionId source, TopicId id, long expectedOffset) {
        try {
            store.put(layout.tailKey(source, id),
                    new ByteContent(FlatJson.of(HINT_FIELD, expectedOffset)));
        } catch (LandingError e) {
            LOG.warn("{}: the tail hint was not written: {}", source, e.getMessage());
        }
    }

    private Optional<Manifest> tail(PartitionId source, TopicId id) {
        String folder = layout.manifestFolder(source, id);
        String hintKey = layout.tailKey(source, id);
        Optional<byte[]> hint = store.get(hintKey);
        if (hint.isPresent()) {
            long expected = FlatJson.parse(hintKey, hint.get()).number(HINT_FIELD);
            String key = layout.manifestKey(source, id, expected);
            // Just before the hinted key, so that the listing shows whether it exists.
            Optional<Manifest> found = newest(source, id, key.substring(0, key.length() - 1));
            if (found.isPresent()) {
                return found;
            }
        }
        return newest(source, id, folder);
    }

    private Optional<Manifest> newest(PartitionId source, TopicId id, String startAfter) {
        String folder = layout.manifestFolder(source, id);
        String last = null;
        ObjectStore.Page page = store.list(folder, startAfter);
        while (!page.keys().isEmpty()) {
            last = page.keys().get(page.keys().size() - 1);
            if (!page.more()) {
                break;
            }
            page = store.list(folder, last);
        }
        return last == null ? Optional.empty() : Optional.of(manifest(last, id));
    }

    private Manifest manifest(String key, TopicId id) {
        Manifest found = ManifestJson.read(key, store.get(key).orElseThrow(
                () -> new Unavailable(key + " was listed but cannot be read")));
        if (!found.chain().topicId().equals(id)) {
            throw new Refused(key + " belongs to topic id " + found.chain().topicId()
                    + ", not to " + id + ": two ids share their first 8 digits. Nothing was read;"
                    + " land this topic under another s3.prefix");
        }
        return found;
    }

    /** Settles once and for all, among all writers, where a new chain begins. */
    private long begin(PartitionId source, TopicId id, TopicLog.Range offsets) {
        String key = layout.startKey(source, id);
        Optional<byte[]> known = store.get(key);
        if (known.isEmpty()) {
            long start = hasEarlierGeneration(source.topic(), id)
                    ? 0
                    : startAt == StartAt.LATEST ? offsets.end() : offsets.start();
            if (store.putIfAbsent(key, FlatJson.of(START_FIELD, start))) {
                return start;
            }
            known = store.get(key);
        }
        byte[] bytes = known.orElseThrow(
                () -> new Unavailable(key + " exists but cannot be read"));
        return FlatJson.parse(key, bytes).number(START_FIELD);
    }

    /** A topic made again continues its dataset: none of its records may be skipped. */
    private boolean hasEarlierGeneration(String topic, TopicId id) {
        String all = layout.generationsFolder(topic);
        String own = layout.generationFolder(topic, id);
        ObjectStore.Page before = store.list(all, all);
        if (before.keys().isEmpty() || !before.keys().get(0).startsWith(own)) {
            return !before.keys().isEmpty();
        }
        // '0' is the character after '/': the first key behind this id's folder.
        return !store.list(all, own.substring(0, own.length() - 1) + "0").keys().isEmpty();
    }

    private static Refused truncated(PartitionId source, ChainPlace place, TopicLog.Range log) {
        return new Refused(source + ": Kafka's log ends at offset " + log.end()
                + ", yet offsets up to " + (place.readFrom() - 1) + " have landed under the same"
                + " topic id " + place.topicId() + ". The log was truncated (unclean leader"
                + " election?); new records would reuse landed offsets. Nothing was read");
    }
}
