package io.tidegate.connect.s3.core;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** One topic of a broker: append, compact, expire, add partitions, delete and create again. */
final class InMemoryLog implements TopicLog {
    static final String TOPIC = "orders";

    /** One partition under one topic id, with everything that ever happened to it. */
    static final class Partition {
        final TreeMap<Long, LandingRecord> held = new TreeMap<>();
        final TreeMap<Long, LandingRecord> everHeld = new TreeMap<>();
        final Set<Long> expired = new HashSet<>();
        long start;
        long end;
    }

    final Map<TopicId, List<Partition>> generations = new LinkedHashMap<>();
    TopicId id;
    /** Broken on purpose: answers the first id for ever. */
    boolean idFrozen;
    boolean away;
    /** Runs before each question; a test may run others here, or wait. */
    Runnable asked = () -> {};

    private final Random random;
    private int partitions;
    private TopicId firstId;

    InMemoryLog(long seed, int partitions) {
        random = new Random(seed);
        this.partitions = partitions;
        createAgain();
    }

    void createAgain() {
        id = new TopicId(new UUID(random.nextLong(), random.nextLong()));
        firstId = firstId == null ? id : firstId;
        generations.put(id, new ArrayList<>());
        for (int i = 0; i < partitions; i++) {
            generations.get(id).add(new Partition());
        }
    }

    /** Returns the new partition's number. */
    int addPartition() {
        generations.get(id).add(new Partition());
        return partitions++;
    }

    int partitions() {
        return partitions;
    }

    Partition partition(int number) {
        return generations.get(id).get(number);
    }

    /** Appends a record whose bytes nobody else has; each fifth lacks a key, each seventh a value. */
    long append(int number) {
        Partition partition = partition(number);
        long offset = partition.end++;
        LandingRecord record = record(new PartitionId(TOPIC, number), offset,
                id.shortHex() + "/" + number + "/" + offset);
        partition.held.put(offset, record);
        partition.everHeld.put(offset, record);
        return offset;
    }

    static LandingRecord record(PartitionId source, long offset, String name) {
        return new LandingRecord(source, offset, 1_000_000L + offset, "CreateTime",
                offset % 5 == 4 ? null : ("k" + name).getBytes(StandardCharsets.UTF_8), List.of(),
                offset % 7 == 6 ? null : name.getBytes(StandardCharsets.UTF_8));
    }

    void append(int number, int count) {
        for (int i = 0; i < count; i++) {
            append(number);
        }
    }

    /** An offset that no reader ever sees, as a transaction's end takes one. */
    void appendMarker(int number) {
        partition(number).end++;
    }

    void compactAway(int number, long offset) {
        partition(number).held.remove(offset);
    }

    void expireBelow(int number, long offset) {
        Partition partition = partition(number);
        partition.start = Math.max(partition.start, Math.min(offset, partition.end));
        partition.expired.addAll(partition.held.headMap(partition.start).keySet());
        partition.held.headMap(partition.start).clear();
    }

    List<LandingRecord> read(PartitionId source, long from, int limit) {
        return partition(source.partition()).held.tailMap(from).values().stream()
                .limit(limit).toList();
    }

    @Override
    public TopicId topicId(String topic) {
        reachable();
        return idFrozen ? firstId : id;
    }

    @Override
    public String cleanupPolicy(String topic) {
        reachable();
        return "delete";
    }

    @Override
    public int partitions(String topic) {
        reachable();
        return partitions;
    }

    @Override
    public Range offsets(PartitionId source) {
        reachable();
        Partition partition = partition(source.partition());
        return new Range(partition.start, partition.end);
    }

    private void reachable() {
        asked.run();
        if (away) {
            throw new LandingError.Unavailable("no broker answers");
        }
    }
}
