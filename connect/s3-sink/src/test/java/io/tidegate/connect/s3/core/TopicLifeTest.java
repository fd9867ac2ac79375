package io.tidegate.connect.s3.core;

import static io.tidegate.connect.s3.core.Bench.range;
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

/** A topic that is deleted, made again, cut short or given more partitions. */
class TopicLifeTest {
    private final Bench bench = new Bench();

    @Test
    void aTopicMadeAgainWhileTheTaskKeepsRunning() {
        bench.log.append(0, 4);
        Worker worker = bench.reading(0);
        worker.iterate(4);
        TopicId old = bench.log.id;
        bench.log.createAgain();
        bench.log.append(0, 9);
        bench.drain(worker);
        assertEquals(range(0, 9), bench.landedOffsets());
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
        assertEquals(range(0, 3), bench.landedOffsets());
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
    void aTopicMadeAgainWithARebalance() {
        bench.log.append(0, 9);
        Worker worker = bench.reading(0);
        worker.iterate(9);
        bench.log.createAgain();
        bench.log.append(0, 12);
        worker.revoke(Bench.P0, false);
        worker.assign(Bench.P0, 9);
        bench.drain(worker);
        assertEquals(range(0, 12), bench.landedOffsets());
    }

    @Test
    void aTopicMadeAgainBetweenUploadAndManifest() {
        bench.log.append(0, 5);
        Worker worker = bench.reading(0);
        TopicId old = bench.log.id;
        bench.during(Call.PUT, "/date=", bench.log::createAgain);
        worker.iterate(5);
        assertEquals(0, bench.dataObjects(), "the upload is taken back");
        bench.log.append(0, 7);
        bench.drain(worker);
        assertEquals(range(0, 7), bench.landedOffsets());
        assertEquals(List.of(), bench.landed().chain(old, 0));
    }

    @Test
    void aTopicMadeAgainWhileADelayedDeliveryIsHeld() {
        bench.log.append(0, 8);
        Worker worker = bench.reading(0);
        bench.failOnce(Call.PUT, "/date=", Fault.BEFORE);
        assertFalse(worker.iterate(8)); // 5..7 are not even looked at
        bench.log.createAgain();
        bench.log.append(0, 3);
        bench.drain(worker); // the old records come once more
        assertEquals(range(0, 3), bench.landedOffsets());
        Oracle.check(bench);
    }

    @Test
    void anAddedPartitionBeginsAtZeroEvenUnderLatest() {
        bench.startAt = StartAt.LATEST;
        bench.log.append(0, 5);
        Worker worker = bench.reading(0);
        int added = bench.log.addPartition();
        bench.log.append(added, 6); // before any task knows of it
        worker.assign(new PartitionId(InMemoryLog.TOPIC, added), 6);
        bench.drain(worker);
        assertEquals(range(0, 6), List.copyOf(bench.landed().of(bench.log.id, added).keySet()));
        assertEquals(List.of(), bench.landedOffsets(), "what latest skips stays skipped");
    }

    @Test
    void aPartitionThatIsOpenedLaterButWasAlwaysThereBeginsAtLatest() {
        Bench two = new Bench(5, 2);
        two.startAt = StartAt.LATEST;
        two.log.append(1, 5);
        Worker worker = two.reading(0);
        worker.assign(new PartitionId(InMemoryLog.TOPIC, 1), 0);
        two.log.append(1, 2);
        two.drain(worker);
        assertEquals(range(5, 7), List.copyOf(two.landed().of(two.log.id, 1).keySet()));
    }

    @Test
    void landingDuringAnOpeningIsNotTakenForATruncation() {
        bench.log.append(0, 5);
        Worker busy = bench.reading(0);
        bench.during(Call.GET, "_tail", () -> {
            bench.log.append(0, 5);
            busy.iterate(10);
        });
        bench.drain(bench.reading(0));
        assertEquals(range(0, 10), bench.landedOffsets());
    }

    @Test
    void aLogCutShortUnderARunningTaskIsRefused() {
        bench.log.append(0, 10);
        Worker worker = bench.reading(0);
        worker.iterate(10);
        bench.log.partition(0).end = 4; // an unclean leader election
        bench.log.partition(0).held.tailMap(4L).clear();
        bench.log.append(0, 2); // acknowledged under offsets that have landed with other bytes
        LandingError.Refused refused =
                assertThrows(LandingError.Refused.class, () -> worker.iterate(10));
        assertTrue(refused.getMessage().contains("log ends at offset 6"), refused.getMessage());
    }
}
