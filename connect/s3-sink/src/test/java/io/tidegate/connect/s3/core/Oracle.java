package io.tidegate.connect.s3.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What must be true of the raw zone when all tasks have read to the end.
 *
 * <p>Every record that the log acknowledged is named by a manifest, with the same key and value,
 * unless Kafka itself withheld it; and what each manifest claims about its gaps is so.
 */
final class Oracle {
    private final Bench bench;
    private final Landed landed;

    private Oracle(Bench bench) {
        this.bench = bench;
        landed = bench.landed();
    }

    static void check(Bench bench) {
        Oracle oracle = new Oracle(bench);
        bench.log.generations.forEach((id, partitions) -> {
            for (int p = 0; p < partitions.size(); p++) {
                oracle.nothingIsInvented(id, p, partitions.get(p));
                oracle.nothingIsLost(id, p, partitions.get(p));
                oracle.claimsAreTrue(id, p, partitions.get(p));
            }
        });
    }

    private void nothingIsInvented(TopicId id, int p, InMemoryLog.Partition log) {
        landed.of(id, p).forEach((offset, digest) -> {
            LandingRecord record = log.everHeld.get(offset);
            assertTrue(record != null, () -> "never acknowledged: " + where(id, p, offset));
            assertEquals(Landed.digest(record.key(), record.value()), digest,
                    () -> "other bytes: " + where(id, p, offset));
        });
    }

    private void nothingIsLost(TopicId id, int p, InMemoryLog.Partition log) {
        List<Manifest> chain = landed.chain(id, p);
        boolean readToTheEnd = id.equals(bench.log.id);
        TreeMap<Long, String> known = landed.of(id, p);
        long end = chain.stream().mapToLong(Manifest::nextExpectedOffset).max().orElse(0);
        NavigableMap<Long, LandingRecord> wanted = log.everHeld.tailMap(begun(id, p, chain), true);
        for (long offset : wanted.keySet()) {
            if (known.containsKey(offset) || !readToTheEnd && offset >= end) {
                continue;
            }
            assertFalse(log.held.containsKey(offset), () -> "lost: " + where(id, p, offset));
            if (log.expired.contains(offset)) {
                chain.stream().filter(manifest -> covers(manifest, offset)).forEach(manifest ->
                        assertFalse(manifest.chain().contiguousRead(), () -> "expired unread, yet "
                                + manifest.chain() + " says all was read: " + where(id, p, offset)));
            }
        }
    }

    private void claimsAreTrue(TopicId id, int p, InMemoryLog.Partition log) {
        long logStart = 0;
        for (Manifest manifest : landed.chain(id, p)) {
            Manifest.ChainFacts claim = manifest.chain();
            assertTrue(claim.logStartOffset() <= log.start, "the log starts before " + claim);
            if (bench.delivery == Delivery.EXACTLY_ONCE) {
                assertTrue(logStart <= claim.logStartOffset(), "an old log start: " + claim);
                assertEquals(landed.chain(id, p).get(0).chain().chainStartOffset(),
                        claim.chainStartOffset(), "the beginning moved");
            }
            logStart = claim.logStartOffset();
            assertTrue(claim.contiguousRead() || claim.logStartOffset()
                    > Math.max(claim.expectedOffset(), claim.chainStartOffset()),
                    "retention cannot have taken anything: " + claim);
        }
    }

    /** Where the chain was told to begin; 0 for a partition that was added later. */
    private long begun(TopicId id, int p, List<Manifest> chain) {
        PartitionId source = new PartitionId(InMemoryLog.TOPIC, p);
        long begun = chain.stream().mapToLong(m -> m.chain().chainStartOffset()).min()
                .orElseGet(() -> number(bench.layout.startKey(source, id), "chain_start_offset"));
        if (begun < Long.MAX_VALUE && p >= number(bench.layout.partitionsKey(InMemoryLog.TOPIC, id), "partitions")) {
            assertEquals(0, begun, () -> "skipped the start of an added partition " + source);
        }
        return begun;
    }

    private long number(String key, String field) {
        byte[] bytes = bench.store.objects.get(key);
        return bytes == null ? Long.MAX_VALUE : FlatJson.parse(key, bytes).number(field);
    }

    private static boolean covers(Manifest manifest, long offset) {
        Manifest.ChainFacts claim = manifest.chain();
        return Math.max(claim.expectedOffset(), claim.chainStartOffset()) <= offset
                && offset < manifest.nextExpectedOffset();
    }

    private static String where(TopicId id, int p, long offset) {
        return id.shortHex() + "/" + p + "@" + offset;
    }
}
