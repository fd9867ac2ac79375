package io.tidegate.connect.s3.core;

import static io.tidegate.connect.s3.core.Bench.range;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.tidegate.connect.s3.core.InMemoryStore.Call;
import io.tidegate.connect.s3.core.InMemoryStore.Fault;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Which uploads without a manifest are removed, and when. */
class OrphanSweepTest {
    private final Bench bench = new Bench();

    @Test
    void anOrphanWhoseRecordsHaveLandedIsRemovedAfterTwoDays() {
        Worker worker = orphaning();
        bench.sweepForDays(worker, 1);
        assertEquals(2, bench.dataObjects());
        bench.sweepForDays(worker, 1);
        assertEquals(1, bench.dataObjects());
        assertEquals(range(0, 5), bench.landedOffsets());
    }

    @Test
    void anOrphanStaysWhileRecordsBehindItHaveNotLanded() {
        Worker worker = orphaning();
        bench.log.append(0, 3);
        bench.clock.advance(Duration.ofDays(2));
        for (int i = 0; i < 30; i++) {
            worker.lander.sweepOneStep();
        }
        assertEquals(2, bench.dataObjects());
        bench.drain(worker);
        bench.sweepForDays(worker, 0);
        assertEquals(2, bench.dataObjects(), "5..7 in an object of their own, the orphan gone");
        assertEquals(range(0, 8), bench.landedOffsets());
    }

    @Test
    void anUploadThatADeadTaskNeverCommittedIsRemoved() {
        bench.log.append(0, 5);
        Worker dies = bench.reading(0);
        bench.failOnce(Call.PUT_IF_ABSENT, "/0/", Fault.BEFORE);
        assertFalse(dies.iterate(5));
        bench.rotation = new Rotation(3, 1_000_000, 60_000); // other borders
        Worker successor = bench.reading(0);
        bench.drain(successor);
        assertEquals(3, bench.dataObjects());
        bench.sweepForDays(successor, 2);
        assertEquals(2, bench.dataObjects());
        dies.iterate(5); // wakes up and repeats its commit: refused
        assertEquals(range(0, 5), bench.landedOffsets());
    }

    @Test
    void anUploadOfAnEarlierTopicIdStays() {
        Worker worker = orphaning();
        bench.log.createAgain();
        bench.log.append(0, 9);
        bench.drain(worker);
        bench.sweepForDays(worker, 3);
        assertEquals(4, bench.dataObjects());
    }

    @Test
    void aSweepThatFailsGoesOnLater() {
        Worker worker = orphaning();
        bench.store.faults = (call, key) -> call == Call.DELETE ? Fault.AFTER : Fault.NONE;
        bench.sweepForDays(worker, 2);
        bench.store.faults = (call, key) -> Fault.NONE;
        bench.sweepForDays(worker, 0);
        assertEquals(1, bench.dataObjects());
        assertEquals(range(0, 5), bench.landedOffsets());
    }

    /** Two tasks landed 0..4, and the loser could not take its upload back. */
    private Worker orphaning() {
        bench.log.append(0, 5);
        Worker slow = bench.reading(0);
        bench.reading(0).iterate(5);
        bench.failOnce(Call.DELETE, "/date=", Fault.BEFORE);
        slow.iterate(5);
        bench.store.faults = (call, key) -> Fault.NONE;
        return slow;
    }
}
