package io.tidegate.connect.s3.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.connect.s3.core.LandingError.Delayed;
import io.tidegate.connect.s3.core.LandingError.Refused;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Records that cannot be landed: a known hole in the chain, and no more than that. */
class ErrantRecordsTest {
    private final Bench bench = new Bench();
    private final List<Long> reported = new ArrayList<>();
    private CompletableFuture<Void> answer = CompletableFuture.completedFuture(null);

    /** Delivers the offsets from..to, of which some are errant; Kafka withholds others. */
    private void deliver(Worker worker, long from, long to, Set<Long> errant, Set<Long> withheld) {
        List<Delivered> delivery = new ArrayList<>();
        LongStream.range(from, to).filter(offset -> !withheld.contains(offset)).forEach(offset -> {
            LandingRecord record = bench.log.read(Bench.P0, offset, 1).get(0);
            delivery.add(errant.contains(offset)
                    ? new ErrantRecord(Bench.P0, offset, () -> {
                        reported.add(offset);
                        return answer;
                    })
                    : record);
        });
        worker.lander.put(delivery);
        worker.lander.takeSeeks();
    }

    private List<Manifest> chain() {
        return bench.landed().chain(bench.log.id, 0);
    }

    @Test
    void theObjectWhoseRangeCoversThemCountsThem() {
        bench.log.append(0, 20);
        Worker worker = bench.reading(0);
        deliver(worker, 0, 14, Set.of(1L, 3L, 7L, 8L), Set.of());
        assertEquals(List.of(1L, 3L, 7L, 8L), reported);
        List<Manifest> chain = chain();
        assertEquals(new OffsetSpan(0, 6, 5, 2), chain.get(0).object().span());
        assertEquals(new OffsetSpan(9, 13, 5, 2), chain.get(1).object().span());
        assertEquals(7, chain.get(1).chain().expectedOffset());
        assertTrue(chain.stream().allMatch(manifest -> manifest.chain().contiguousRead()));
    }

    @Test
    void aGapBeforeAnErrantRecordIsStillAGap() {
        bench.log.append(0, 20);
        Worker worker = bench.reading(0);
        deliver(worker, 0, 5, Set.of(), Set.of());
        // Retention overtakes the reader: 5 and 6 are gone before they are read.
        deliver(worker, 7, 8, Set.of(7L), Set.of());
        bench.log.partition(0).start = 7;
        deliver(worker, 8, 13, Set.of(), Set.of());
        assertEquals(1, chain().get(1).object().span().errants());
        assertFalse(chain().get(1).chain().contiguousRead());
    }

    @Test
    void aGapBehindAnObjectsLastRecordIsCountedWithTheNextObject() {
        bench.log.append(0, 20);
        Worker worker = bench.reading(0);
        deliver(worker, 0, 4, Set.of(), Set.of());
        deliver(worker, 6, 7, Set.of(6L), Set.of());
        bench.clock.advance(java.time.Duration.ofMinutes(2));
        deliver(worker, 7, 7, Set.of(), Set.of()); // closed by the interval, with 0 to 3 inside
        bench.log.partition(0).start = 6;
        deliver(worker, 7, 12, Set.of(), Set.of());
        assertEquals(new OffsetSpan(0, 3, 4, 0), chain().get(0).object().span());
        assertTrue(chain().get(0).chain().contiguousRead());
        assertEquals(new OffsetSpan(7, 11, 5, 1), chain().get(1).object().span());
        assertFalse(chain().get(1).chain().contiguousRead());
    }

    @Test
    void whatIsDeliveredAgainIsNotReportedAgain() {
        bench.log.append(0, 20);
        Worker worker = bench.reading(0);
        deliver(worker, 0, 3, Set.of(1L), Set.of());
        deliver(worker, 0, 3, Set.of(1L), Set.of());
        assertEquals(List.of(1L), reported);
    }

    @Test
    void whatNoManifestCoversIsReportedAgainByTheNextOwner() {
        bench.log.append(0, 20);
        deliver(bench.reading(0), 0, 3, Set.of(1L), Set.of());
        deliver(bench.reading(0), 0, 6, Set.of(1L), Set.of());
        assertEquals(List.of(1L, 1L), reported);
        assertEquals(1, chain().get(0).object().span().errants());
    }

    @Test
    void noManifestIsWrittenBeforeTheReportIsKept() {
        bench.log.append(0, 20);
        Worker worker = bench.reading(0);
        answer = new CompletableFuture<>();
        answer.completeExceptionally(new IllegalStateException("topic is away"));
        Refused refused = assertThrows(Refused.class,
                () -> deliver(worker, 0, 6, Set.of(1L), Set.of()));
        assertTrue(refused.getMessage().startsWith("errors.deadletterqueue.topic.name: orders-0"),
                refused.getMessage());
        assertEquals(0, chain().size());
    }

    @Test
    void aReportThatTakesLongDelaysTheManifest() {
        bench.log.append(0, 20);
        Worker worker = bench.reading(0);
        answer = new CompletableFuture<>();
        assertThrows(Delayed.class, () -> deliver(worker, 0, 6, Set.of(1L), Set.of()));
        assertEquals(0, chain().size());
        answer.complete(null);
        deliver(worker, 0, 6, Set.of(1L), Set.of());
        assertEquals(1, chain().size());
        assertEquals(List.of(1L), reported);
    }
}
