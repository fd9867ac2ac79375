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
    private static final String PARTITIONS_FIELD = "partitions";
    /** Offsets to look back at first for the manifest that covers one; about an object's span. */
    private static final long LOOK_BACK = 100_000;

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
    Found locate(PartitionId source) {
        TopicId id = log.topicId(source.topic());
        String policy = log.cleanupPolicy(source.topic());
        Optional<Manifest> tail = tail(source, id);
        ChainPlace place = tail.isPresent()
                ? new ChainPlace(id, policy, 0, 0, true).after(tail.get())
                : new ChainPlace(id, policy, 0, begin(source, id), true);
        // Asked behind the tail: others land on, so an older answer may end before the chain does.
        TopicLog.Range offsets = log.offsets(source);
        if (!id.equals(log.topicId(source.topic()))) {
            throw new Unavailable(source + ": the topic was created again during this look");
        }
        refuseTruncated(source, place, offsets);
        return new Found(place, Math.max(place.readFrom(), offsets.start()));
    }

    /**
     * An answer of {@link #locate}.
     *
     * @param readable the first offset Kafka can deliver of those that the place still wants
     */
    record Found(ChainPlace place, long readable) {}

    /** Landed offsets that the log no longer reaches would be given out to new records. */
    void refuseTruncated(PartitionId source, ChainPlace place, TopicLog.Range offsets) {
        if (place.readFrom() > offsets.end()) {
            throw truncated(source, place, offsets);
        }
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
            Optional<Manifest> found = newest(source, id, justBefore(key));
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

    /** The manifest whose range holds {@code offset}; empty when none on the chain does. */
    Optional<Manifest> covering(PartitionId source, TopicId id, long offset) {
        String upTo = layout.manifestKey(source, id, offset);
        Optional<byte[]> exact = store.get(upTo);
        if (exact.isPresent()) {
            return exact.map(body -> manifest(upTo, id, body));
        }
        for (long back = LOOK_BACK; ; back *= 32) {
            long from = Math.max(0, offset - back);
            String last = lastUpTo(source, id, from, upTo);
            if (last != null) {
                Manifest found = manifest(last, id);
                return found.nextExpectedOffset() > offset ? Optional.of(found) : Optional.empty();
            }
            if (from == 0) {
                return Optional.empty();
            }
        }
    }

    private String lastUpTo(PartitionId source, TopicId id, long from, String upTo) {
        String folder = layout.manifestFolder(source, id);
        String last = null;
        String after = justBefore(layout.manifestKey(source, id, from));
        while (true) {
            ObjectStore.Page page = store.list(folder, after);
            for (String key : page.keys()) {
                if (key.compareTo(upTo) > 0) {
                    return last;
                }
                last = key;
            }
            if (!page.more() || page.keys().isEmpty()) {
                return last;
            }
            after = last;
        }
    }

    /** Sorts before the key and behind all that sort before it; so a listing shows the key. */
    private static String justBefore(String key) {
        return key.substring(0, key.length() - 1);
    }

    private Manifest manifest(String key, TopicId id) {
        return manifest(key, id, store.get(key).orElseThrow(
                () -> new Unavailable(key + " was listed but cannot be read")));
    }

    private static Manifest manifest(String key, TopicId id, byte[] body) {
        Manifest found = ManifestJson.read(key, body);
        if (!found.chain().topicId().equals(id)) {
            throw new Refused(key + " belongs to topic id " + found.chain().topicId()
                    + ", not to " + id + ": two ids share their first 8 digits. Nothing was read;"
                    + " land this topic under another s3.prefix");
        }
        return found;
    }

    /** Settles once and for all, among all writers, where a new chain begins. */
    private long begin(PartitionId source, TopicId id) {
        String key = layout.startKey(source, id);
        Optional<byte[]> known = store.get(key);
        if (known.isPresent()) {
            return FlatJson.parse(key, known.get()).number(START_FIELD);
        }
        return settled(key, START_FIELD, firstWanted(source, id));
    }

    private long firstWanted(PartitionId source, TopicId id) {
        if (hasEarlierGeneration(source.topic(), id) || isAdded(source, id)) {
            return 0;
        }
        TopicLog.Range offsets = log.offsets(source);
        return startAt == StartAt.LATEST ? offsets.end() : offsets.start();
    }

    /** A partition added later belongs to a dataset that has begun: nothing may be skipped. */
    private boolean isAdded(PartitionId source, TopicId id) {
        String key = layout.partitionsKey(source.topic(), id);
        Optional<byte[]> known = store.get(key);
        long atFirst = known.isPresent()
                ? FlatJson.parse(key, known.get()).number(PARTITIONS_FIELD)
                : settled(key, PARTITIONS_FIELD,
                        Math.max(log.partitions(source.topic()), source.partition() + 1));
        return source.partition() >= atFirst;
    }

    /** Writes the number unless another writer was first; answers the one that stays. */
    private long settled(String key, String field, long value) {
        if (store.putIfAbsent(key, FlatJson.of(field, value))) {
            return value;
        }
        byte[] bytes = store.get(key).orElseThrow(
                () -> new Unavailable(key + " exists but cannot be read"));
        return FlatJson.parse(key, bytes).number(field);
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
