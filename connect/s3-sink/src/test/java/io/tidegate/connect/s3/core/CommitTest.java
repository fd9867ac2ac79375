package io.tidegate.connect.s3.core;

import static io.tidegate.connect.s3.core.Bench.range;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.connect.s3.core.InMemoryStore.Call;
import io.tidegate.connect.s3.core.InMemoryStore.Fault;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What one task does, and what the group is told. */
class CommitTest {
    private final Bench bench = new Bench();

    @Test
    void onlyOffsetsUnderManifestsAreReported() {
        bench.log.append(0, 7);
        Worker worker = bench.reading(0);
        assertEquals(Map.of(Bench.P0, 0L), worker.lander.committed());
        worker.iterate(7);
        assertEquals(Map.of(Bench.P0, 5L), worker.lander.committed());
    }

    @Test
    void aStoreThatIsAwayDelaysAndLosesNothing() {
        bench.log.append(0, 12);
        Worker worker = bench.reading(0);
        bench.store.faults = (call, key) -> Fault.BEFORE;
        for (int i = 0; i < 5; i++) {
            assertFalse(worker.iterate(12));
        }
        bench.store.faults = (call, key) -> Fault.NONE;
        bench.drain(worker);
        assertEquals(range(0, 12), bench.landedOffsets());
    }

    @Test
    void aStoreThatIsAwayWhenAPartitionIsTakenOverDelaysTheTakeover() {
        bench.log.append(0, 5);
        bench.store.faults = (call, key) -> Fault.BEFORE;
        Worker worker = bench.reading(3);
        assertFalse(worker.iterate(5));
        bench.store.faults = (call, key) -> Fault.NONE;
        bench.drain(worker);
        assertEquals(range(0, 5), bench.landedOffsets());
    }

    @Test
    void noDelayIsAskedForWhileASeekIsPending() {
        Bench two = new Bench(5, 2);
        PartitionId p1 = new PartitionId(InMemoryLog.TOPIC, 1);
        two.log.append(0, 5);
        two.log.append(1, 5);
        Worker worker = two.reading(0);
        worker.assign(p1, 0);
        two.reading(0).iterate(5); // partition 0 is lost to another writer
        two.store.faults = (call, key) ->
                call == Call.PUT && key.contains("+00001+") ? Fault.BEFORE : Fault.NONE;
        assertDoesNotThrow(() -> assertTrue(worker.iterate(5), "a pending seek forbids a delay"));
        assertTrue(worker.lander.untilNextWork().isPresent());
        assertFalse(worker.iterate(5), "without a pending seek the delay is asked for");
        two.store.faults = (call, key) -> Fault.NONE;
        two.drain(worker);
        assertEquals(range(0, 5), List.copyOf(two.landed().of(two.log.id, 0).keySet()));
        assertEquals(range(0, 5), List.copyOf(two.landed().of(two.log.id, 1).keySet()));
    }

    @Test
    void aPartitionGivenUpIsNeverCommitted() {
        bench.log.append(0, 4);
        Worker worker = bench.reading(0);
        worker.iterate(4);
        worker.revoke(Bench.P0, false);
        bench.clock.advance(Duration.ofHours(1));
        worker.iterate(4);
        assertEquals(List.of(), bench.landedOffsets());
        assertEquals(0, bench.dataObjects());
    }

    @Test
    void aRefusalIsNotRetried() {
        bench.log.append(0, 5);
        Worker worker = bench.reading(0);
        bench.store.faults = (call, key) -> {
            if (call == Call.PUT) {
                throw new LandingError.Refused("PUT s3://raw/" + key + ": HTTP 403 AccessDenied");
            }
            return Fault.NONE;
        };
        assertThrows(LandingError.Refused.class, () -> worker.iterate(5));
    }

    @Test
    void aGroupOffsetResetToTheEarliestLandsNothingTwice() {
        bench.log.append(0, 10);
        bench.reading(0).iterate(10);
        bench.log.append(0, 10);
        bench.drain(bench.reading(0));
        assertEquals(range(0, 20), bench.landedOffsets());
    }

    @Test
    void aGroupOffsetResetToTheFutureSkipsNothing() {
        bench.log.append(0, 10);
        bench.reading(0).iterate(10);
        bench.log.append(0, 10);
        bench.drain(bench.reading(1_000));
        assertEquals(range(0, 20), bench.landedOffsets());
    }

    @Test
    void theGroupNeverPassesRecordsThatAreStillOpen() {
        Bench two = new Bench(5, 2);
        two.log.append(0, 3);
        two.log.append(1, 5);
        Worker worker = two.reading(0);
        worker.assign(new PartitionId(InMemoryLog.TOPIC, 1), 0);
        worker.iterate(3); // partition 0 holds 0..2 open
        Worker other = two.worker();
        other.assign(new PartitionId(InMemoryLog.TOPIC, 1), 0);
        other.iterate(5); // partition 1 is lost to another writer
        two.log.append(0);
        two.store.faults = (call, key) ->
                call == Call.LIST || key.contains("+00000+") ? Fault.BEFORE : Fault.NONE;
        two.clock.advance(Duration.ofMinutes(2));
        for (int i = 0; i < 4; i++) {
            worker.iterate(5); // each report is checked: Connect commits a seek as if landed
        }
        two.store.faults = (call, key) -> Fault.NONE;
        two.drain(worker);
        assertEquals(range(0, 4), List.copyOf(two.landed().of(two.log.id, 0).keySet()));
    }

    @Test
    void aClockSetBackOverMidnightStillClosesObjects() {
        bench.clock.advance(Duration.ofHours(2)); // 01:00 on the 21st
        bench.log.append(0, 3);
        Worker worker = bench.reading(0);
        worker.iterate(3);
        bench.clock.advance(Duration.ofHours(-3)); // 22:00 on the 20th
        worker.iterate(3);
        assertEquals(range(0, 3), bench.landedOffsets());
        assertTrue(bench.landed().named.iterator().next().contains("/date=2026-11-20/"));
    }

    @Test
    void aClockSetBackStillShowsATopicMadeAgain() {
        bench.log.append(0, 5);
        Worker worker = bench.reading(0);
        worker.iterate(5);
        bench.log.createAgain();
        bench.clock.advance(Duration.ofDays(-1));
        worker.iterate(5);
        assertEquals(Map.of(Bench.P0, 0L), worker.lander.committed());
    }

    @Test
    void aCodecChangedBetweenRestartsContinuesTheChain() {
        bench.log.append(0, 8);
        Worker before = bench.reading(0);
        before.iterate(8);
        bench.compression = Compression.NONE;
        bench.drain(bench.reading(0));
        bench.drain(before); // wakes up with 5..7 as gzip: the place is taken
        assertEquals(range(0, 8), bench.landedOffsets());
        assertEquals(List.of(Compression.GZIP, Compression.NONE), bench.landed()
                .chain(bench.log.id, 0).stream().map(m -> m.object().compression()).toList());
    }
}
