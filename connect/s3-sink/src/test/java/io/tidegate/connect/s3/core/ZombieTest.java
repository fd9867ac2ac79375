package io.tidegate.connect.s3.core;

import static io.tidegate.connect.s3.core.Bench.range;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.connect.s3.core.InMemoryStore.Call;
import io.tidegate.connect.s3.core.InMemoryStore.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Two tasks that both believe they own the partition. */
class ZombieTest {
    private final Bench bench = new Bench();

    @Test
    void aZombieLosesToItsSuccessorAndTakesItsUploadBack() {
        bench.log.append(0, 4);
        Worker zombie = bench.reading(0);
        zombie.iterate(4);
        bench.log.append(0, 8);
        Worker successor = bench.reading(0);
        successor.iterate(12);
        assertEquals(range(0, 10), bench.landedOffsets());
        zombie.iterate(12);
        assertEquals(range(0, 10), bench.landedOffsets());
        assertEquals(2, bench.dataObjects());
        assertEquals(Map.of(Bench.P0, 10L), zombie.lander.committed());
    }

    @Test
    void aSuccessorLosesToAZombieThatWasFaster() {
        bench.log.append(0, 4);
        Worker zombie = bench.reading(0);
        zombie.iterate(4);
        Worker successor = bench.reading(0);
        successor.iterate(3);
        bench.log.append(0, 8);
        zombie.iterate(12);
        bench.drain(successor);
        assertEquals(range(0, 12), bench.landedOffsets());
    }

    @Test
    void aZombieAndItsSuccessorOnTwoSidesOfMidnight() {
        bench.log.append(0, 4);
        Worker zombie = bench.reading(0);
        zombie.iterate(4);
        bench.log.append(0);
        bench.reading(0).iterate(5);
        bench.clock.advance(Duration.ofHours(2));
        zombie.iterate(5);
        assertEquals(range(0, 5), bench.landedOffsets());
        TreeSet<String> days = new TreeSet<>();
        bench.store.calls.stream().filter(c -> c.startsWith("PUT ") && c.contains("date="))
                .forEach(c -> days.add(c.replaceAll(".*date=([-0-9]+)/.*", "$1")));
        assertEquals(List.of("2026-11-20", "2026-11-21"), List.copyOf(days));
        assertEquals(1, bench.dataObjects());
    }

    @Test
    void theFirstRecordCompactedAwayBetweenTwoAttempts() {
        bench.log.append(0, 10);
        bench.reading(0).iterate(5);
        Worker before = bench.reading(5);
        before.iterate(4); // holds 5..8
        bench.log.compactAway(0, 5);
        bench.log.compactAway(0, 6);
        bench.log.append(0, 2);
        bench.reading(5).iterate(10); // lands 7..11, at the place of 5
        bench.drain(before);
        List<Long> expected = new ArrayList<>(range(0, 5));
        expected.addAll(range(7, 12));
        assertEquals(expected, bench.landedOffsets());
        Manifest gap = bench.landed().chain(bench.log.id, 0).get(1);
        assertEquals(5, gap.chain().expectedOffset());
        assertEquals(7, gap.object().span().first());
        assertTrue(gap.chain().contiguousRead(), "compaction is no loss");
    }

    @Test
    void onePutWithRecordsOnBothSidesOfALostCommit() {
        bench.log.append(0, 23);
        Worker slow = bench.reading(0);
        bench.rotation = new Rotation(7, 1_000_000, 60_000);
        bench.reading(0).iterate(8); // lands 0..6: other borders than the slow worker's
        slow.iterate(23); // closes 0..4 and loses; 5..22 of the same delivery must not be taken
        assertEquals(range(0, 7), bench.landedOffsets());
        bench.drain(slow);
        assertEquals(range(0, 23), bench.landedOffsets());
    }

    @Test
    void aZombiePausedBetweenUploadAndManifest() {
        bench.log.append(0, 8);
        Worker zombie = bench.reading(0);
        bench.during(Call.PUT_IF_ABSENT, "/0/", () -> bench.drain(bench.reading(0)));
        zombie.iterate(5);
        bench.drain(zombie);
        assertEquals(range(0, 8), bench.landedOffsets());
        assertEquals(2, bench.dataObjects());
    }

    @Test
    void aZombiePausedBetweenManifestAndTailHint() {
        bench.log.append(0, 5);
        Worker zombie = bench.reading(0);
        bench.during(Call.PUT, "_tail", () -> {
            bench.log.append(0, 10);
            bench.drain(bench.reading(0));
        });
        zombie.iterate(5); // its hint now points far back
        bench.log.append(0);
        bench.drain(bench.reading(0));
        assertEquals(range(0, 16), bench.landedOffsets());
    }

    @Test
    void aManifestThatArrivesLateBeforeItsSuccessors() {
        bench.log.append(0, 5);
        Worker dies = bench.reading(0);
        bench.failOnce(Call.PUT_IF_ABSENT, "/0/", Fault.LATE);
        assertFalse(dies.iterate(5));
        Worker successor = bench.reading(0);
        bench.rotation = new Rotation(4, 1_000_000, 60_000);
        bench.store.late.remove(0).run(); // the dead task's commit, after the successor looked
        bench.log.append(0, 5);
        bench.drain(successor);
        assertEquals(range(0, 10), bench.landedOffsets());
    }

    @Test
    void aManifestThatArrivesLateBehindItsSuccessors() {
        bench.log.append(0, 5);
        Worker dies = bench.reading(0);
        bench.failOnce(Call.PUT_IF_ABSENT, "/0/", Fault.LATE);
        assertFalse(dies.iterate(5));
        bench.log.append(0, 5);
        bench.drain(bench.reading(0));
        bench.store.late.remove(0).run();
        assertEquals(range(0, 10), bench.landedOffsets());
    }
}
