package io.tidegate.connect.s3.core;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.connect.s3.core.InMemoryStore.Call;
import io.tidegate.connect.s3.core.InMemoryStore.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * One random history: tasks that are moved, paused inside any call, killed and revived, a store
 * that loses, delays and reorders what it is told, and a topic that changes under them.
 */
final class History implements AutoCloseable {
    private static final int PARTITIONS = 3;
    private static final int MOST_PARTITIONS = 5;
    private static final int STEPS = 160;

    final Bench bench;
    final Trace trace = new Trace();
    Worker.Broken broken = Worker.Broken.NOT;
    private final Random random;
    private final List<Worker> workers = new ArrayList<>();
    private final double faultRate;
    private final boolean pauses;
    /** The task that holds the baton on a thread of its own; null while nobody may be paused. */
    private Worker running;

    History(long seed) {
        random = new Random(seed);
        bench = new Bench(seed, PARTITIONS);
        bench.spoolMemory = random.nextInt(8) == 0 ? 0 : 1024 * 1024;
        bench.startAt = random.nextBoolean() ? StartAt.EARLIEST : StartAt.LATEST;
        bench.resetsTo = random.nextBoolean() ? StartAt.EARLIEST : bench.startAt;
        faultRate = random.nextInt(4) * 0.04;
        pauses = random.nextInt(8) > 0;
    }

    /** Plays the history and checks what it leaves behind. */
    void run() {
        bench.log.asked = this::mayPause;
        bench.store.faults = new Network();
        addWorker();
        addWorker();
        for (int p = 0; p < PARTITIONS; p++) {
            assign(idle().isEmpty() ? addWorker() : idle().get(0), p);
        }
        for (int i = 0; i < STEPS; i++) {
            step();
        }
        finish();
        Oracle.check(bench);
    }

    /** Frees the threads of tasks that are still paused. */
    @Override
    public void close() {
        workers.forEach(this::end);
    }

    private void step() {
        int p = random.nextInt(bench.log.partitions());
        int what = random.nextInt(32);
        trace.add("step ", what, " partition ", p);
        switch (what) {
            case 0, 1, 2, 3, 4, 5 -> bench.log.append(p, 1 + random.nextInt(6));
            case 6 -> bench.log.appendMarker(p);
            case 7 -> bench.log.compactAway(p, somewhere(p));
            case 8 -> expire(p);
            case 9 -> bench.clock.advance(Duration.ofMillis(random.nextInt(1_500)));
            case 10 -> moveClock();
            case 11 -> move(p, true);
            case 12 -> move(p, false);
            case 13 -> killOne();
            case 14 -> changeTopic();
            case 15 -> bench.log.away = random.nextInt(4) == 0;
            case 16, 17 -> applyOneLate();
            case 18 -> withSomeone(worker -> act(worker, worker.lander::sweepOneStep));
            case 19, 20, 21, 22 -> resumeOne();
            default -> withSomeone(worker -> {
                int limit = 1 + random.nextInt(8);
                act(worker, () -> worker.iterate(limit));
            });
        }
    }

    /** A restart may bring another codec and other limits. */
    private Worker addWorker() {
        bench.compression = random.nextInt(3) == 0 ? Compression.NONE : Compression.GZIP;
        bench.rotation = new Rotation(2 + random.nextInt(6), 900, 1_000);
        Worker worker = bench.worker();
        worker.broken = broken;
        workers.add(worker);
        return worker;
    }

    /** Runs a task's call; some of them may be paused at each of their own calls. */
    private void act(Worker worker, Runnable action) {
        if (!pauses || random.nextInt(3) > 0) {
            action.run();
            return;
        }
        trace.add("task ", workers.indexOf(worker), " may be paused");
        running = worker;
        worker.actor.start(action);
        running = null;
    }

    private void mayPause() {
        if (running != null && random.nextInt(4) == 0) {
            Worker self = running;
            running = null;
            trace.add("task ", workers.indexOf(self), " pauses");
            self.actor.suspend();
        }
    }

    private void resumeOne() {
        List<Worker> paused = workers.stream().filter(w -> w.actor.isSuspended()).toList();
        if (!paused.isEmpty()) {
            resume(paused.get(random.nextInt(paused.size())));
        }
    }

    private void resume(Worker worker) {
        trace.add("task ", workers.indexOf(worker), " goes on");
        running = worker;
        worker.actor.resume();
        running = null;
    }

    private List<Worker> idle() {
        return workers.stream().filter(w -> !w.actor.isSuspended()).toList();
    }

    private void withSomeone(Consumer<Worker> action) {
        List<Worker> idle = idle();
        if (!idle.isEmpty()) {
            action.accept(idle.get(random.nextInt(idle.size())));
        }
    }

    private void assign(Worker worker, int p) {
        long groupOffset = groupOffset(p);
        act(worker, () -> worker.assign(partition(p), groupOffset));
    }

    /** A new owner; the old one learns of it, or stays behind as a zombie. */
    private void move(int p, boolean told) {
        withSomeone(next -> {
            boolean purges = random.nextBoolean();
            idle().stream()
                    .filter(w -> w.assigned().contains(partition(p)) && (told || w == next))
                    .forEach(w -> w.revoke(partition(p), purges));
            assign(next, p);
        });
    }

    private void killOne() {
        Worker dead = workers.remove(random.nextInt(workers.size()));
        trace.add("killed: ", dead.assigned(), dead.actor.isSuspended());
        end(dead);
        addWorker();
        dead.assigned().forEach(source -> {
            Worker heir = idle().stream().filter(w -> !w.assigned().contains(source)).findFirst()
                    .orElseGet(this::addWorker);
            assign(heir, source.partition());
        });
    }

    private void end(Worker worker) {
        if (worker.actor.isSuspended()) {
            worker.actor.kill();
        } else {
            worker.lander.closeAll();
        }
    }

    private void changeTopic() {
        if (random.nextInt(4) == 0) {
            bench.log.createAgain();
        } else if (bench.log.partitions() < MOST_PARTITIONS && random.nextInt(3) == 0) {
            bench.log.append(bench.log.addPartition(), random.nextInt(3));
            withSomeone(worker -> assign(worker, bench.log.partitions() - 1));
        }
    }

    private void expire(int p) {
        if (random.nextInt(3) == 0) {
            bench.log.expireBelow(p, somewhere(p));
        }
    }

    private void moveClock() {
        int hours = random.nextInt(6) == 0 ? random.nextInt(60) - 26 : random.nextInt(3);
        bench.clock.advance(Duration.ofHours(hours));
    }

    private void applyOneLate() {
        if (!bench.store.late.isEmpty()) {
            bench.store.late.remove(random.nextInt(bench.store.late.size())).run();
        }
    }

    private long somewhere(int p) {
        return random.nextInt((int) bench.log.partition(p).end + 1);
    }

    /** What the group remembers: anything from long ago to the future, or a reset to either. */
    private long groupOffset(int p) {
        return switch (random.nextInt(6)) {
            case 0 -> 0;
            case 1 -> bench.log.partition(p).end + random.nextInt(9);
            default -> somewhere(p);
        };
    }

    private static PartitionId partition(int p) {
        return new PartitionId(InMemoryLog.TOPIC, p);
    }

    /** A last task reads to the end; some others wake up only then. */
    private void finish() {
        trace.add("finish");
        bench.log.away = false;
        Network network = (Network) bench.store.faults;
        network.down = false;
        List<Worker> sleepers = new ArrayList<>();
        for (Worker worker : List.copyOf(workers)) {
            if (worker.actor.isSuspended() && random.nextBoolean()) {
                sleepers.add(worker);
            } else {
                workers.remove(worker);
                end(worker);
            }
        }
        Worker last = addWorker();
        for (int p = 0; p < bench.log.partitions(); p++) {
            last.assign(partition(p), groupOffset(p));
        }
        bench.drain(last);
        while (!bench.store.late.isEmpty()) {
            applyOneLate();
        }
        sleepers.forEach(this::wakeUp);
        for (int p = 0; p < bench.log.partitions(); p++) {
            bench.log.append(p);
        }
        bench.drain(last);
        sweep(last);
    }

    private void wakeUp(Worker sleeper) {
        while (sleeper.actor.isSuspended()) {
            resume(sleeper);
        }
        for (int i = 0; i < 3; i++) {
            sleeper.iterate(5);
        }
    }

    /** When all is quiet no orphan of a day that is looked at is left. */
    private void sweep(Worker last) {
        if (bench.delivery == Delivery.AT_LEAST_ONCE) {
            return;
        }
        bench.clock.advance(Duration.ofDays(3));
        for (int i = 0; i < bench.store.objects.size() + 60; i++) {
            last.lander.sweepOneStep();
        }
        Landed landed = bench.landed();
        for (String key : bench.store.objects.keySet()) {
            if (key.contains("+" + bench.log.id.shortHex() + "+")
                    && bench.clock.daysSince(key) >= 2 && bench.clock.daysSince(key) <= 9) {
                assertTrue(landed.named.contains(key), () -> "an orphan stayed: " + key);
            }
        }
    }

    /** Loses requests and replies, delays requests past later ones, and pauses tasks. */
    private final class Network implements InMemoryStore.Faults {
        private boolean down = true;

        @Override
        public Fault next(Call call, String key) {
            mayPause();
            Fault fault = down && random.nextDouble() < faultRate
                    ? Fault.values()[1 + random.nextInt(3)]
                    : Fault.NONE;
            trace.add(call, " ", key, " ", fault);
            return fault;
        }

        @Override
        public void applied(Call call, String key) {
            mayPause();
        }
    }
}
