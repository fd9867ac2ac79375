package io.tidegate.connect.s3.core;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.connect.s3.core.InMemoryStore.Call;
import io.tidegate.connect.s3.core.InMemoryStore.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** One named situation each; the simulation mixes them. */
class CommitTest {
    private final Bench bench = new Bench();

    private List<Long> landedOffsets() {
        return new ArrayList<>(bench.landed().of(bench.log.id, 0).keySet());
    }

    private static List<Long> range(long from, long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    private long dataObjects() {
        return bench.store.objects.keySet().stream().filter(k -> k.contains("/date=")).count();
    }

    /** The next call of that kind goes wrong once. */
    private void failOnce(Call call, Fault fault) {
        boolean[] done = {false};
        bench.store.faults = (now, key) -> {
            boolean hit = now == call && !done[0] && !key.contains("_tail");
            done[0] = done[0] || hit;
            return hit ? fault : Fault.NONE;
        };
    }

    @Test
    void theGroupOffsetIsNeverTrusted() {
        bench.log.append(0, 10);
        bench.reading(0).iterate(10);
        bench.log.append(0, 10);
        bench.reading(0).iterate(20); // a group that lost its offsets
        assertEquals(range(0, 20), landedOffsets());
        bench.log.append(0, 10);
        bench.reading(30).iterate(30); // a group that believes it has read everything
        assertEquals(range(0, 30), landedOffsets());
    }

    @Test
    void onlyOffsetsUnderManifestsAreReported() {
        bench.log.append(0, 7);
        Worker worker = bench.reading(0);
        assertEquals(Map.of(Bench.P0, 0L), worker.lander.committed());
        worker.iterate(7);
        assertEquals(Map.of(Bench.P0, 5L), worker.lander.committed());
    }

    @Test
    void aZombieLosesToItsSuccessorAndTakesItsUploadBack() {
        bench.log.append(0, 4);
        Worker zombie = bench.reading(0);
        zombie.iterate(4);
        bench.log.append(0, 8);
        Worker successor = bench.reading(0);
        successor.iterate(12);
        assertEquals(range(0, 10), landedOffsets());
        zombie.iterate(12);
        assertEquals(range(0, 10), landedOffsets());
        assertEquals(2, dataObjects());
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
        assertEquals(range(0, 12), landedOffsets());
    }

    @Test
    void midnightDoesNotSeparateTwoWritersOfTheSameRecords() {
        bench.log.append(0, 4);
        Worker zombie = bench.reading(0);
        zombie.iterate(4);
        bench.log.append(0);
        bench.reading(0).iterate(5);
        bench.clock.advance(Duration.ofHours(2));
        zombie.iterate(5);
        assertEquals(range(0, 5), landedOffsets());
        TreeSet<String> days = new TreeSet<>();
        bench.store.calls.stream().filter(c -> c.startsWith("PUT ") && c.contains("date="))
                .forEach(c -> days.add(c.replaceAll(".*date=([-0-9]+)/.*", "$1")));
        assertEquals(List.of("2026-11-20", "2026-11-21"), List.copyOf(days));
        assertEquals(1, dataObjects());
    }

    @Test
    void aManifestWhoseReplyWasLostIsRecognisedAsOnesOwn() {
        bench.log.append(0, 5);
        Worker worker = bench.reading(0);
        failOnce(Call.PUT_IF_ABSENT, Fault.AFTER);
        assertFalse(worker.iterate(5));
        assertTrue(worker.iterate(5));
        assertEquals(range(0, 5), landedOffsets());
        assertEquals(1, dataObjects());
    }

    @Test
    void anUploadWhoseReplyWasLostIsRepeatedUnderTheSameName() {
        bench.log.append(0, 5);
        Worker worker = bench.reading(0);
        failOnce(Call.PUT, Fault.AFTER);
        assertFalse(worker.iterate(5));
        assertTrue(worker.iterate(5));
        assertEquals(range(0, 5), landedOffsets());
        assertEquals(1, dataObjects());
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
        assertEquals(range(0, 12), landedOffsets());
    }

    @Test
    void aStoreThatIsAwayWhenAPartitionIsTakenOverDelaysTheTakeover() {
        bench.log.append(0, 5);
        bench.store.faults = (call, key) -> Fault.BEFORE;
        Worker worker = bench.reading(3);
        assertFalse(worker.iterate(5));
        bench.store.faults = (call, key) -> Fault.NONE;
        bench.drain(worker);
        assertEquals(range(0, 5), landedOffsets());
    }

    @Test
    void oneDeliveryMayHoldRecordsOnBothSidesOfALostCommit() {
        bench.log.append(0, 23);
        Worker slow = bench.reading(0);
        bench.rotation = new Rotation(7, 1_000_000, 60_000);
        bench.reading(0).iterate(8); // lands 0..6: other borders than the slow worker's
        slow.iterate(23); // closes 0..4 and loses; 5..22 of the same delivery must not be taken
        assertEquals(range(0, 7), landedOffsets());
        bench.drain(slow);
        assertEquals(range(0, 23), landedOffsets());
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
    void writersCollideEvenWhenCompactionTookTheFirstRecord() {
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
        assertEquals(expected, landedOffsets());
        Manifest gap = bench.landed().chain(bench.log.id, 0).get(1);
        assertEquals(5, gap.chain().expectedOffset());
        assertEquals(7, gap.object().span().first());
        assertTrue(gap.chain().contiguousRead(), "compaction is no loss");
    }

    @Test
    void recordsThatExpiredBeforeTheyWereReadAreReported() {
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
    void aTopicMadeAgainWhileRecordsAreOpenStartsItsOwnChain() {
        bench.log.append(0, 4);
        Worker worker = bench.reading(0);
        worker.iterate(4);
        TopicId old = bench.log.id;
        bench.log.createAgain();
        bench.log.append(0, 9);
        bench.drain(worker);
        assertEquals(range(0, 9), landedOffsets());
        assertEquals(Map.of(), bench.landed().of(old, 0), "its records are gone from Kafka too");
    }

    @Test
    void aTopicMadeAgainWhileNothingIsOpenIsNoticedByItsOffsets() {
        bench.log.append(0, 10);
        Worker worker = bench.reading(0);
        worker.iterate(10);
        bench.log.createAgain();
        bench.log.append(0, 3);
        worker.iterate(10); // offsets 0..2 once more: not a repetition but a new topic
        worker.iterate(10);
        bench.clock.advance(Duration.ofMinutes(2));
        worker.iterate(10);
        assertEquals(range(0, 3), landedOffsets());
    }

    @Test
    void aTopicMadeAgainWithoutARecordIsNoticedInTime() {
        bench.log.append(0, 5);
        Worker worker = bench.reading(0);
        worker.iterate(5);
        bench.log.createAgain();
        bench.clock.advance(Duration.ofSeconds(31));
        worker.iterate(5);
        assertEquals(Map.of(Bench.P0, 0L), worker.lander.committed(), "the old id's offsets are no longer ours");
    }

    @Test
    void aPartitionGivenUpIsNeverCommitted() {
        bench.log.append(0, 4);
        Worker worker = bench.reading(0);
        worker.iterate(4);
        worker.revoke(Bench.P0, false);
        bench.clock.advance(Duration.ofHours(1));
        worker.iterate(4);
        assertEquals(List.of(), landedOffsets());
        assertEquals(0, dataObjects());
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
}
