package io.tidegate.connect.s3.core;

import static io.tidegate.connect.s3.core.Bench.range;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.connect.s3.core.InMemoryStore.Call;
import io.tidegate.connect.s3.core.InMemoryStore.Fault;
import org.junit.jupiter.api.Test;

/** The request was applied, or will be; the task was told that it failed. */
class LostReplyTest {
    private final Bench bench = new Bench();

    @Test
    void ofTheDataPutRepeatsItUnderTheSameName() {
        bench.log.append(0, 5);
        Worker worker = bench.reading(0);
        bench.failOnce(Call.PUT, "/date=", Fault.AFTER);
        assertFalse(worker.iterate(5));
        assertTrue(worker.iterate(5));
        assertEquals(range(0, 5), bench.landedOffsets());
        assertEquals(1, bench.dataObjects());
    }

    @Test
    void ofTheManifestPutIsRecognisedAsOnesOwn() {
        bench.log.append(0, 5);
        Worker worker = bench.reading(0);
        bench.failOnce(Call.PUT_IF_ABSENT, "/0/", Fault.AFTER);
        assertFalse(worker.iterate(5));
        assertTrue(worker.iterate(5));
        assertEquals(range(0, 5), bench.landedOffsets());
        assertEquals(1, bench.dataObjects());
    }

    @Test
    void ofTheTailPutCostsALongerListingOnly() {
        bench.log.append(0, 10);
        Worker worker = bench.reading(0);
        bench.failOnce(Call.PUT, "_tail", Fault.BEFORE);
        assertTrue(worker.iterate(5));
        bench.failOnce(Call.PUT, "_tail", Fault.LATE);
        assertTrue(worker.iterate(5));
        bench.log.append(0, 5);
        worker.iterate(5);
        bench.store.late.remove(0).run(); // the hint goes back
        bench.drain(bench.reading(0));
        assertEquals(range(0, 15), bench.landedOffsets());
    }

    @Test
    void ofTheDeleteLeavesAnOrphanForTheSweep() {
        bench.log.append(0, 5);
        Worker slow = bench.reading(0);
        bench.reading(0).iterate(5);
        bench.failOnce(Call.DELETE, "/date=", Fault.BEFORE);
        assertTrue(slow.iterate(5));
        assertEquals(2, bench.dataObjects());
        assertEquals(range(0, 5), bench.landedOffsets());
    }

    @Test
    void ofTheDeleteAppliedLateTakesNothingThatIsNamed() {
        bench.log.append(0, 5);
        Worker slow = bench.reading(0);
        bench.reading(0).iterate(5);
        bench.failOnce(Call.DELETE, "/date=", Fault.LATE);
        assertTrue(slow.iterate(5));
        bench.log.append(0, 5);
        bench.drain(slow);
        bench.store.late.remove(0).run();
        assertEquals(range(0, 10), bench.landedOffsets());
    }

    @Test
    void ofTheStartPutKeepsTheFirstBeginning() {
        bench.startAt = StartAt.LATEST;
        bench.log.append(0, 5);
        bench.failOnce(Call.PUT_IF_ABSENT, "_start/0", Fault.AFTER);
        Worker worker = bench.reading(0);
        bench.log.append(0, 5);
        bench.drain(worker);
        assertEquals(range(5, 10), bench.landedOffsets());
    }
}
