package io.tidegate.connect.s3.core;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;

/** A store, a log and a clock, and the workers that a test puts on them. */
final class Bench {
    static final PartitionId P0 = new PartitionId(InMemoryLog.TOPIC, 0);

    final InMemoryStore store = new InMemoryStore();
    final TestClock clock = new TestClock();
    final InMemoryLog log;
    final Layout layout = Layout.under("");
    Rotation rotation = new Rotation(5, 1_000_000, 60_000);
    StartAt startAt = StartAt.EARLIEST;
    long spoolMemory = 1024 * 1024;
    private final Random attempts;

    Bench(long seed, int partitions) {
        log = new InMemoryLog(seed, partitions);
        attempts = new Random(~seed);
    }

    Bench() {
        this(1, 1);
    }

    LandingSettings settings() {
        return new LandingSettings(layout, Compression.GZIP, 3, rotation, spoolMemory,
                Path.of(System.getProperty("java.io.tmpdir")), startAt);
    }

    /** A task without partitions. */
    Worker worker() {
        return new Worker(log, new Lander(settings(), store, log, clock,
                () -> String.format("%08x", attempts.nextInt())));
    }

    /** A task that reads partition 0 from the offset its group remembers. */
    Worker reading(long groupOffset) {
        Worker worker = worker();
        worker.assign(P0, groupOffset);
        return worker;
    }

    Landed landed() {
        return Landed.in(store, layout);
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
}
