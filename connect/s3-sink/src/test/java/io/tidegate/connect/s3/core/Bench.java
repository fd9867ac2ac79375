package io.tidegate.connect.s3.core;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.connect.s3.core.InMemoryStore.Call;
import io.tidegate.connect.s3.core.InMemoryStore.Fault;
import io.tidegate.connect.s3.store.CheckThenPutStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;

/** A store, a log and a clock, and the workers that a test puts on them. */
final class Bench {
    static final PartitionId P0 = new PartitionId(InMemoryLog.TOPIC, 0);

    final InMemoryStore store = new InMemoryStore();
    final TestClock clock = new TestClock();
    final InMemoryLog log;
    final Layout layout = Layout.under("");
    Rotation rotation = new Rotation(5, 1_000_000, 60_000);
    Compression compression = Compression.GZIP;
    StartAt startAt = StartAt.EARLIEST;
    /** The consumer's auto.offset.reset. */
    StartAt resetsTo = StartAt.EARLIEST;
    Delivery delivery = Delivery.EXACTLY_ONCE;
    long spoolMemory = 1024 * 1024;
    private final Random attempts;
    /** What the tasks see of the store; a test may put something between. */
    ObjectStore seen = store;

    Bench(long seed, int partitions) {
        log = new InMemoryLog(seed, partitions);
        attempts = new Random(~seed);
    }

    Bench() {
        this(1, 1);
    }

    /** Takes the store's conditional writes away. */
    void withoutConditions() {
        delivery = Delivery.AT_LEAST_ONCE;
        seen = new CheckThenPutStore(store);
    }

    LandingSettings settings() {
        return new LandingSettings(layout, compression, 1, rotation, spoolMemory,
                Path.of(System.getProperty("java.io.tmpdir")), startAt);
    }

    /** A task without partitions. */
    Worker worker() {
        return new Worker(this, new Lander(settings(), seen, log, clock,
                () -> String.format("%08x", attempts.nextInt())));
    }

    /** A task that reads partition 0 from the offset its group remembers. */
    Worker reading(long groupOffset) {
        Worker worker = worker();
        worker.assign(P0, groupOffset);
        return worker;
    }

    Landed landed() {
        return Landed.in(store, layout, delivery);
    }

    /** Delivers until nothing is left open, letting the interval pass. */
    void drain(Worker worker) {
        for (int i = 0; i < 200; i++) {
            worker.iterate(7);
            if (i % 10 == 9) {
                clock.advance(Duration.ofMinutes(2));
            }
        }
    }

    /** The offsets of partition 0 that have landed. */
    List<Long> landedOffsets() {
        return new ArrayList<>(landed().of(log.id, 0).keySet());
    }

    static List<Long> range(long from, long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    /** How many uploads there are, named or not. */
    long dataObjects() {
        return store.objects.keySet().stream().filter(k -> k.contains("/date=")).count();
    }

    /** The next such call goes wrong once. */
    void failOnce(Call call, String keyPart, Fault fault) {
        boolean[] done = {false};
        store.faults = (now, key) -> {
            boolean hit = now == call && !done[0] && key.contains(keyPart);
            done[0] = done[0] || hit;
            return hit ? fault : Fault.NONE;
        };
    }

    /** Once, just before the next such call takes effect, something else happens. */
    void during(Call call, String keyPart, Runnable meanwhile) {
        store.faults = (now, key) -> {
            if (now == call && key.contains(keyPart)) {
                store.faults = (later, any) -> Fault.NONE;
                meanwhile.run();
            }
            return Fault.NONE;
        };
    }

    /** Lets days pass and the task look for orphans until it has looked at all that are due. */
    void sweepForDays(Worker worker, int days) {
        clock.advance(Duration.ofDays(days));
        for (int i = 0; i < 60; i++) {
            worker.lander.sweepOneStep();
        }
    }

    /** Where the partition's chain ends now, under the topic's present id. */
    long landedEnd(PartitionId source) {
        return landedEnd(source, log.id);
    }

    private long landedEnd(PartitionId source, TopicId id) {
        String folder = layout.manifestFolder(source, id);
        Map.Entry<String, byte[]> last = store.objects.lowerEntry(folder + "~");
        if (last != null && last.getKey().startsWith(folder)) {
            return ManifestJson.read(last.getKey(), last.getValue()).nextExpectedOffset();
        }
        String startKey = layout.startKey(source, id);
        byte[] start = store.objects.get(startKey);
        return start == null ? 0 : FlatJson.parse(startKey, start).number("chain_start_offset");
    }

    /** The invariant of every report: nothing that no manifest vouches for. */
    void reported(PartitionId source, long offset) {
        if (delivery == Delivery.AT_LEAST_ONCE) {
            return; // another writer may have replaced the manifest that vouched for it
        }
        assertTrue(log.generations.keySet().stream().anyMatch(id ->
                offset <= landedEnd(source, id)), () -> source + ": reported up to " + offset
                        + ", landed up to " + landedEnd(source));
    }

    /** The invariant of every opening: it stands at the chain's end, not on the way there. */
    void opened(PartitionId source, long landedBefore, long offset) {
        if (delivery == Delivery.AT_LEAST_ONCE) {
            return; // another writer may have replaced the beginning
        }
        assertTrue(offset >= landedBefore, () -> source + ": opened at " + offset
                + " although offsets up to " + landedBefore + " had landed");
    }
}
