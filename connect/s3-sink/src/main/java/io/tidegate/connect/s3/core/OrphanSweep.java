package io.tidegate.connect.s3.core;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes one partition's uploads that lost their commit and stayed behind.
 *
 * <p>An upload goes only when the chain holds every offset that the log had after it was made:
 * then its place in the chain is taken, so that no commit, however late, can name it any more,
 * and all its records have landed. Each landing day is looked at once, two days later; uploads
 * of earlier topic ids stay, because they may hold the only copy of what Kafka has dropped.
 */
final class OrphanSweep {
    private static final Logger LOG = LoggerFactory.getLogger(OrphanSweep.class);
    private static final int YOUNGEST_DAYS = 2;
    /** How far back a task looks that was just started; a longer outage leaves older orphans. */
    private static final int OLDEST_DAYS = 9;

    private final PartitionId source;
    private final LandingParts parts;
    private final ArrayDeque<String> suspects = new ArrayDeque<>();
    private TopicId id;
    private LocalDate day;
    private String listedTo;
    private long logEnd;

    OrphanSweep(PartitionId source, LandingParts parts) {
        this.source = source;
        this.parts = parts;
    }

    /** Takes one step, a listing or one upload, if there is one to take. */
    void step(ChainPlace place) {
        // Without conditional writes a late commit cannot be refused: nothing may be removed.
        if (place == null || place.empty()
                || parts.store.delivery() == Delivery.AT_LEAST_ONCE) {
            return;
        }
        if (!place.topicId().equals(id)) {
            begin(place.topicId());
        }
        if (suspects.isEmpty()) {
            listNext();
        } else if (place.expectedOffset() >= logEnd) {
            judge(suspects.element());
            suspects.remove();
        }
    }

    private void begin(TopicId now) {
        id = now;
        suspects.clear();
        day = today().minusDays(OLDEST_DAYS);
        listedTo = "";
    }

    private void listNext() {
        if (day.isAfter(today().minusDays(YOUNGEST_DAYS))) {
            return;
        }
        String prefix = parts.settings.layout().dataPrefix(source, id, day);
        ObjectStore.Page page =
                parts.store.list(prefix, listedTo.isEmpty() ? prefix : listedTo);
        // After the listing: every record in a listed upload lies before this end.
        long end = parts.log.offsets(source).end();
        if (!parts.log.topicId(source.topic()).equals(id)) {
            return;
        }
        logEnd = end;
        suspects.addAll(page.keys());
        if (page.more() && !page.keys().isEmpty()) {
            listedTo = suspects.getLast();
        } else {
            day = day.plusDays(1);
            listedTo = "";
        }
    }

    private void judge(String upload) {
        Optional<Manifest> covering =
                parts.chain.covering(source, id, Layout.firstOffset(upload));
        if (covering.isPresent() && !covering.get().object().dataKey().equals(upload)) {
            parts.store.delete(upload);
            LOG.info("{}: removed the orphan {}: its records have landed in {}",
                    source, upload, covering.get().object().dataKey());
        }
    }

    private LocalDate today() {
        return parts.clock.instant().atZone(ZoneOffset.UTC).toLocalDate();
    }
}
