package io.tidegate.connect.s3.core;

import io.tidegate.connect.s3.core.LandingError.Unavailable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The commit: upload under a name of one's own, then claim the place in the chain.
 *
 * <p>Each step may be repeated with the same sealed object until it succeeds.
 */
final class Committer {
    private static final Logger LOG = LoggerFactory.getLogger(Committer.class);

    private final Layout layout;
    private final ObjectStore store;
    private final TopicLog log;
    private final Chain chain;

    Committer(LandingSettings settings, ObjectStore store, TopicLog log, Chain chain) {
        layout = settings.layout();
        this.store = store;
        this.log = log;
        this.chain = chain;
    }

    CommitOutcome commit(PartitionId source, ChainPlace place, SealedObject object) {
        if (object.etag() == null) {
            object.uploaded(store.put(object.facts().dataKey(), object.content()));
        }
        // Before the id: while that is the same, this is the start of the log that was read.
        long logStart = log.offsets(source).start();
        // Asked after the last record was read: the same id now means the same id for all of them.
        TopicId now = log.topicId(source.topic());
        if (!now.equals(place.topicId())) {
            if (!object.manifestTried()) {
                deleteUpload(object);
            }
            return new CommitOutcome.TopicChanged(now);
        }
        Manifest holder = claim(source, place, object, logStart);
        if (!isOwn(holder, object)) {
            if (store.delivery() == Delivery.EXACTLY_ONCE) {
                deleteUpload(object);
            }
            return new CommitOutcome.Lost(holder);
        }
        chain.hint(source, place.topicId(), place.expectedOffset());
        return new CommitOutcome.Committed(holder);
    }

    /** Puts the manifest at its place of the chain, or answers the one that is there. */
    private Manifest claim(
            PartitionId source, ChainPlace place, SealedObject object, long logStart) {
        Manifest manifest = manifest(source, place, object, logStart);
        byte[] bytes = ManifestJson.write(manifest);
        object.triesManifest();
        if (store.delivery() == Delivery.AT_LEAST_ONCE) {
            // A writer that looked before this put may overwrite the manifest after it; this
            // name nobody else writes, so that the object stays named whatever happens.
            store.put(layout.attemptKey(source, place.topicId(), place.expectedOffset(),
                    object.facts().attempt()), new ByteContent(bytes));
        }
        String key = layout.manifestKey(source, place.topicId(), place.expectedOffset());
        return store.putIfAbsent(key, bytes)
                ? manifest
                : ManifestJson.read(key, store.get(key).orElseThrow(
                        () -> new Unavailable(key + " is taken but cannot be read")));
    }

    /** Whether an earlier try of this object was applied although its reply was lost. */
    private static boolean isOwn(Manifest holder, SealedObject object) {
        return holder.object().dataKey().equals(object.facts().dataKey())
                && holder.object().sha256().equals(object.facts().sha256());
    }

    private Manifest manifest(
            PartitionId source, ChainPlace place, SealedObject object, long logStart) {
        return new Manifest(source, object.facts(), object.etag(), new Manifest.ChainFacts(
                place.topicId(),
                place.expectedOffset(),
                place.chainStartOffset(),
                logStart,
                place.cleanupPolicy(),
                object.readInOneGo(logStart),
                store.delivery()));
    }

    /** No manifest can name this upload any more; what stays behind is swept as an orphan. */
    private void deleteUpload(SealedObject object) {
        try {
            store.delete(object.facts().dataKey());
        } catch (LandingError e) {
            LOG.warn("orphan left behind: {}: {}", object.facts().dataKey(), e.getMessage());
        }
    }
}
