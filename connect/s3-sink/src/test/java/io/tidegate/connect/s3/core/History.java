package io.tidegate.connect.s3.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** One random history, and what must be true of the raw zone when it is over. */
final class History {
    private static final int PARTITIONS = 3;
    private static final int STEPS = 160;

    final Bench bench;
    boolean ignoreSeeks;
    private final Random random;
    private final List<Worker> workers = new ArrayList<>();
    private final double faultRate;

    History(long seed) {
        random = new Random(seed);
        bench = new Bench(seed, PARTITIONS);
        bench.rotation = new Rotation(2 + random.nextInt(6), 600, 1_000);
        bench.spoolMemory = random.nextBoolean() ? 0 : 1024 * 1024;
        bench.startAt = random.nextBoolean() ? StartAt.EARLIEST : StartAt.LATEST;
        faultRate = random.nextInt(4) * 0.04;
    }

    void run() {
        addWorker();
        addWorker();
        for (int p = 0; p < PARTITIONS; p++) {
            workers.get(random.nextInt(2)).assign(partition(p), groupOffset(p));
        }
        bench.store.faults = (call, key) -> random.nextDouble() >= faultRate
                ? InMemoryStore.Fault.NONE
                : random.nextBoolean() ? InMemoryStore.Fault.BEFORE : InMemoryStore.Fault.AFTER;
        for (int i = 0; i < STEPS; i++) {
            step();
        }
        bench.store.faults = (call, key) -> InMemoryStore.Fault.NONE;
        bench.log.away = false;
        finish();
        check();
    }

    private void step() {
        int p = random.nextInt(PARTITIONS);
        switch (random.nextInt(24)) {
            case 0, 1, 2, 3, 4 -> bench.log.append(p, 1 + random.nextInt(6));
            case 5 -> bench.log.appendMarker(p);
            case 6 -> bench.log.compactAway(p, somewhere(p));
            case 7 -> expire(p);
            case 8 -> bench.clock.advance(Duration.ofMillis(random.nextInt(1_500)));
            case 9 -> bench.clock.advance(Duration.ofHours(random.nextInt(3)));
            case 10 -> move(p, true);
            case 11 -> move(p, false);
            case 12 -> killOne();
            case 13 -> recreate();
            case 14 -> bench.log.away = random.nextInt(4) == 0;
            default -> someone().iterate(1 + random.nextInt(8));
        }
    }

    private void addWorker() {
        Worker worker = bench.worker();
        worker.ignoresSeeks = ignoreSeeks;
        workers.add(worker);
    }

    private Worker someone() {
        return workers.get(random.nextInt(workers.size()));
    }

    /** A new owner; the old one learns of it, or stays behind as a zombie. */
    private void move(int p, boolean told) {
        Worker next = someone();
        for (Worker worker : workers) {
            if (worker.assigned().contains(partition(p)) && (told || worker == next)) {
                worker.revoke(partition(p), random.nextBoolean());
            }
        }
        next.assign(partition(p), groupOffset(p));
    }

    private void killOne() {
        Worker dead = workers.remove(random.nextInt(workers.size()));
        addWorker();
        dead.assigned().forEach(source ->
                someoneWithout(source).assign(source, groupOffset(source.partition())));
    }

    private Worker someoneWithout(PartitionId source) {
        return workers.stream().filter(w -> !w.assigned().contains(source)).findFirst()
                .orElseThrow();
    }

    private void recreate() {
        if (random.nextInt(4) == 0) {
            bench.log.createAgain();
        }
    }

    private void expire(int p) {
        if (random.nextInt(3) == 0) {
            bench.log.expireBelow(p, somewhere(p));
        }
    }

    private long somewhere(int p) {
        return random.nextInt((int) bench.log.partition(p).end + 1);
    }

    /** What the group remembers is not to be trusted: anything between log start and end. */
    private long groupOffset(int p) {
        return somewhere(p);
    }

    private static PartitionId partition(int p) {
        return new PartitionId(InMemoryLog.TOPIC, p);
    }

    /** Everybody dies; one last task reads to the end. */
    private void finish() {
        Worker last = bench.worker();
        last.ignoresSeeks = ignoreSeeks;
        for (int p = 0; p < PARTITIONS; p++) {
            last.assign(partition(p), groupOffset(p));
        }
        bench.drain(last);
    }

    private void check() {
        Landed landed = bench.landed();
        bench.log.generations.forEach((id, partitions) -> {
            for (int p = 0; p < PARTITIONS; p++) {
                String where = id + "/" + p;
                landed.of(id, p).forEach((offset, value) ->
                        assertEquals(id.shortHex() + where.substring(36) + "/" + offset, value));
            }
        });
        for (int p = 0; p < PARTITIONS; p++) {
            checkComplete(landed, p);
        }
    }

    private void checkComplete(Landed landed, int p) {
        InMemoryLog.Partition partition = bench.log.partition(p);
        List<Manifest> chain = landed.chain(bench.log.id, p);
        if (chain.isEmpty()) {
            assertTrue(begun(p) >= partition.held.size() || partition.held.isEmpty()
                    || begun(p) > partition.held.lastKey(), () -> "partition " + p + " not landed");
            return;
        }
        long begun = chain.get(0).chain().chainStartOffset();
        var known = landed.of(bench.log.id, p);
        partition.everHeld.tailMap(begun).keySet().forEach(offset -> {
            if (known.containsKey(offset)) {
                return;
            }
            assertTrue(!partition.held.containsKey(offset), () -> "lost: " + p + "@" + offset);
            if (partition.expired.contains(offset) && offset < chainEnd(chain)) {
                assertTrue(!covering(chain, offset).chain().contiguousRead(),
                        () -> "expired before it landed, yet no manifest says so: " + offset);
            }
        });
    }

    private long begun(int p) {
        String key = bench.layout.startKey(partition(p), bench.log.id);
        return FlatJson.parse(key, bench.store.objects.get(key)).number("chain_start_offset");
    }

    private static long chainEnd(List<Manifest> chain) {
        return chain.get(chain.size() - 1).nextExpectedOffset();
    }

    private static Manifest covering(List<Manifest> chain, long offset) {
        return chain.stream().filter(m -> offset <= m.object().span().last()).findFirst()
                .orElseThrow();
    }
}
