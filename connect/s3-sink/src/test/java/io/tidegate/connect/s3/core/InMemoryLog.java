package io.tidegate.connect.s3.core;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** One topic of a broker: append, compact, expire, delete and create again. */
final class InMemoryLog implements TopicLog {
    static final String TOPIC = "orders";

    /** One partition under one topic id, with everything that ever happened to it. */
    static final class Partition {
        final TreeMap<Long, String> held = new TreeMap<>();
        final TreeMap<Long, String> everHeld = new TreeMap<>();
        final Set<Long> compacted = new HashSet<>();
        final Set<Long> expired = new HashSet<>();
        long start;
        long end;
    }

    final Map<TopicId, List<Partition>> generations = new HashMap<>();
    TopicId id;
    /** Broken on purpose: answers the first id for ever. */
    boolean idFrozen;
    boolean away;

    private final Random random;
    private final int partitions;
    private TopicId firstId;

    InMemoryLog(long seed, int partitions) {
        random = new Random(seed);
        this.partitions = partitions;
        createAgain();
    }

    void createAgain() {
        id = new TopicId(new UUID(random.nextLong(), random.nextLong()));
        firstId = firstId == null ? id : firstId;
        List<Partition> fresh = new ArrayList<>();
        for (int i = 0; i < partitions; i++) {
            fresh.add(new Partition());
        }
        generations.put(id, fresh);
    }

    Partition partition(int number) {
        return generations.get(id).get(number);
    }

    long append(int number) {
        Partition partition = partition(number);
        long offset = partition.end++;
        String value = id.shortHex() + "/" + number + "/" + offset;
        partition.held.put(offset, value);
        partition.everHeld.put(offset, value);
        return offset;
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
        if (partition(number).held.remove(offset) != null) {
            partition(number).compacted.add(offset);
        }
    }

    void expireBelow(int number, long offset) {
        Partition partition = partition(number);
        partition.start = Math.max(partition.start, Math.min(offset, partition.end));
        partition.expired.addAll(partition.held.headMap(partition.start).keySet());
        partition.held.headMap(partition.start).clear();
    }

    List<LandingRecord> read(PartitionId source, long from, int limit) {
        List<LandingRecord> records = new ArrayList<>();
        partition(source.partition()).held.tailMap(from).forEach((offset, value) -> {
            if (records.size() < limit) {
                records.add(record(source, offset, value));
            }
        });
        return records;
    }

    static LandingRecord record(PartitionId source, long offset, String value) {
        return new LandingRecord(source, offset, 1_000_000L + offset, "CreateTime", null,
                List.of(), value.getBytes(StandardCharsets.UTF_8));
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
    public Range offsets(PartitionId source) {
        reachable();
        Partition partition = partition(source.partition());
        return new Range(partition.start, partition.end);
    }

    private void reachable() {
        if (away) {
            throw new LandingError.Unavailable("no broker answers");
        }
    }
}
