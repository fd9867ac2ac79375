package io.tidegate.connect.s3.core;

import static io.tidegate.connect.s3.core.Bench.range;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.connect.s3.core.InMemoryStore.Call;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A store without conditional writes: nothing is lost, and manifests promise no more than that. */
class AtLeastOnceTest {
    private final Bench bench = new Bench();

    @BeforeEach
    void takeConditionsAway() {
        bench.withoutConditions();
    }

    @Test
    void everyManifestSaysSo() {
        bench.log.append(0, 10);
        bench.drain(bench.reading(0));
        assertEquals(range(0, 10), bench.landedOffsets());
        bench.landed().chain(bench.log.id, 0).forEach(manifest ->
                assertEquals(Delivery.AT_LEAST_ONCE, manifest.chain().delivery()));
    }

    @Test
    void twoWritersThatLookAtTheSameMomentLoseNothing() {
        bench.log.append(0, 4);
        Worker slow = bench.reading(0);
        slow.iterate(4);
        bench.rotation = new Rotation(7, 1_000_000, 60_000);
        bench.log.append(0, 10);
        // Between the slow one's look and its put another lands 0..6 and 7..13.
        String place = bench.log.id.shortHex() + "/0/";
        bench.during(Call.PUT, place, () -> bench.reading(0).iterate(14));
        slow.iterate(1); // overwrites the manifest of 0..6 by one of 0..4, and is killed
        bench.drain(bench.reading(0));
        assertEquals(range(0, 14), bench.landedOffsets());
    }

    @Test
    void nothingIsSwept() {
        bench.log.append(0, 5);
        Worker slow = bench.reading(0);
        bench.drain(bench.reading(0));
        bench.drain(slow);
        long before = bench.dataObjects();
        bench.sweepForDays(slow, 4);
        assertEquals(before, bench.dataObjects());
        assertTrue(before > 0);
    }
}
