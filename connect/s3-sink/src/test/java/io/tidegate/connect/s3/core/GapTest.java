package io.tidegate.connect.s3.core;

import static io.tidegate.connect.s3.core.Bench.range;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.tidegate.connect.s3.core.InMemoryStore.Call;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Offsets that never landed, and what the manifest says about them. */
class GapTest {
    private final Bench bench = new Bench();

    @Test
    void retentionBeforeReadingIsReportedAsLoss() {
        bench.log.append(0, 5);
        bench.reading(0).iterate(5);
        bench.log.append(0, 10);
        bench.log.expireBelow(0, 8);
        bench.drain(bench.reading(5));
        Manifest gap = bench.landed().chain(bench.log.id, 0).get(1);
        assertEquals(5, gap.chain().expectedOffset());
        assertEquals(8, gap.object().span().first());
        assertEquals(8, gap.chain().logStartOffset());
        assertFalse(gap.chain().contiguousRead());
    }

    @Test
    void compactionIsNoLoss() {
        bench.log.append(0, 10);
        bench.log.compactAway(0, 3);
        bench.log.compactAway(0, 7);
        bench.drain(bench.reading(0));
        assertEquals(List.of(true, true), contiguous());
    }

    @Test
    void aTransactionMarkerIsNoLoss() {
        bench.log.append(0, 2);
        bench.log.appendMarker(0);
        bench.log.append(0, 2);
        bench.drain(bench.reading(0));
        assertEquals(List.of(true), contiguous());
    }

    @Test
    void retentionAfterReadingIsNoLoss() {
        bench.log.append(0, 4);
        Worker worker = bench.reading(0);
        worker.iterate(4);
        bench.log.expireBelow(0, 4);
        bench.drain(worker);
        assertEquals(range(0, 4), bench.landedOffsets());
        assertEquals(List.of(true), contiguous());
    }

    @Test
    void retentionBetweenTwoReadsIsReportedAsLoss() {
        bench.log.append(0, 8);
        Worker worker = bench.reading(0);
        worker.iterate(3);
        bench.log.expireBelow(0, 5);
        bench.drain(worker);
        assertEquals(List.of(0L, 1L, 2L, 5L, 6L, 7L), bench.landedOffsets());
        assertEquals(List.of(false, true), contiguous());
    }

    @Test
    void aLossIsNotHiddenByTheStartOfATopicMadeAgain() {
        bench.log.append(0, 8);
        bench.log.expireBelow(0, 5);
        TopicId old = bench.log.id;
        bench.store.objects.put(bench.layout.startKey(Bench.P0, old),
                FlatJson.of("chain_start_offset", 0)); // begun before 0..4 expired
        Worker worker = bench.reading(0);
        bench.rotation = new Rotation(3, 1_000_000, 60_000);
        bench.during(Call.PUT, "/date=", () -> bench.log.asked = beforeTheSecondQuestion());
        bench.drain(worker); // the new log starts at 0: that says nothing about the old one
        assertEquals(List.of(), bench.landed().chain(old, 0).stream()
                .filter(manifest -> manifest.chain().contiguousRead()).toList());
    }

    private Runnable beforeTheSecondQuestion() {
        int[] asked = {0};
        return () -> {
            if (++asked[0] == 2) {
                bench.log.createAgain();
            }
        };
    }

    @Test
    void resetToLatestAfterRetentionReadsWhatIsStillHeld() {
        bench.startAt = StartAt.LATEST;
        bench.resetsTo = StartAt.LATEST;
        Worker worker = bench.reading(0);
        bench.log.append(0, 8);
        worker.iterate(3);
        bench.log.expireBelow(0, 5);
        worker.iterate(3); // thrown to the end, past 5..7
        bench.log.append(0, 2);
        bench.drain(worker);
        assertEquals(List.of(0L, 1L, 2L, 5L, 6L, 7L, 8L, 9L), bench.landedOffsets());
        assertEquals(false, contiguous().get(0));
    }

    @Test
    void aLossAtTheEndOfAnObjectIsReportedByTheNext() {
        bench.startAt = StartAt.LATEST;
        bench.resetsTo = StartAt.LATEST;
        Worker worker = bench.reading(0);
        bench.log.append(0, 8);
        worker.iterate(3);
        bench.log.expireBelow(0, 5);
        worker.iterate(3); // thrown to the end
        bench.log.append(0, 2);
        bench.clock.advance(Duration.ofMinutes(2));
        worker.iterate(3); // sees the jump, goes back to 5, and closes 0..2 by the clock
        bench.drain(worker);
        assertEquals(List.of(0L, 1L, 2L, 5L, 6L, 7L, 8L, 9L), bench.landedOffsets());
        assertEquals(List.of(true, false), contiguous());
    }

    @Test
    void startLatestOnAnExistingChainContinuesIt() {
        bench.log.append(0, 5);
        bench.reading(0).iterate(5);
        bench.log.append(0, 5);
        bench.startAt = StartAt.LATEST;
        bench.resetsTo = StartAt.LATEST;
        bench.drain(bench.reading(10));
        assertEquals(range(0, 10), bench.landedOffsets());
    }

    private List<Boolean> contiguous() {
        return bench.landed().chain(bench.log.id, 0).stream()
                .map(manifest -> manifest.chain().contiguousRead()).toList();
    }
}
