package io.tidegate.connect.s3.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where reading continues, and where a chain begins. */
class ChainTest {
    private final Bench bench = new Bench();

    private ChainPlace locate() {
        return new Chain(bench.settings(), bench.store, bench.log).locate(Bench.P0).place();
    }

    private void land(int records) {
        bench.log.append(0, records);
        Worker worker = bench.reading(0);
        for (int i = 0; i < records; i++) {
            worker.iterate(5);
        }
    }

    @Test
    void theTailIsFoundThroughTheHintWithoutListingHistory() {
        land(200);
        bench.store.calls.clear();
        assertEquals(200, locate().expectedOffset());
        assertEquals(1, bench.store.calls.stream().filter(c -> c.startsWith("LIST")).count());
    }

    @Test
    void theTailIsFoundWithoutTheHint() {
        land(200);
        bench.store.objects.remove(bench.layout.tailKey(Bench.P0, bench.log.id));
        assertEquals(200, locate().expectedOffset());
    }

    @Test
    void theTailIsFoundThroughAHintThatLagsBehind() {
        land(200);
        hint(15);
        assertEquals(200, locate().expectedOffset());
    }

    @Test
    void theTailIsFoundThroughAHintAtNothing() {
        land(200);
        hint(100_000);
        assertEquals(200, locate().expectedOffset());
    }

    @Test
    void aNewChainBeginsAtTheLogStart() {
        bench.log.append(0, 10);
        bench.log.expireBelow(0, 4);
        ChainPlace place = locate();
        assertEquals(0, place.expectedOffset());
        assertEquals(4, place.readFrom());
    }

    @Test
    void aChainToldToBeginAtTheEndKeepsItsBeginningAcrossCrashes() {
        bench.startAt = StartAt.LATEST;
        bench.log.append(0, 10);
        assertEquals(10, locate().readFrom());
        bench.log.append(0, 10);
        assertEquals(10, locate().readFrom(), "records 10 to 19 arrived after the first opening");
    }

    @Test
    void theChainOfATopicMadeAgainBeginsAtZeroSoThatLossShows() {
        bench.startAt = StartAt.LATEST;
        land(10);
        bench.log.createAgain();
        bench.log.append(0, 10);
        bench.log.expireBelow(0, 6);
        assertEquals(0, locate().readFrom());
        bench.drain(bench.reading(0));
        Manifest first = bench.landed().chain(bench.log.id, 0).get(0);
        assertEquals(6, first.object().span().first());
        assertEquals(false, first.chain().contiguousRead());
    }

    @Test
    void aTruncatedLogIsRefused() {
        land(10);
        bench.log.partition(0).end = 4;
        LandingError.Refused refused = assertThrows(LandingError.Refused.class, this::locate);
        assertTrue(refused.getMessage().contains("log ends at offset 4"), refused.getMessage());
        assertTrue(refused.getMessage().contains("up to 9 have landed"), refused.getMessage());
    }

    @Test
    void aDamagedManifestIsRefusedByName() {
        land(10);
        String key = bench.layout.manifestKey(Bench.P0, bench.log.id, 5);
        for (String body : List.of("", "{", "[]", "{\"manifest_version\":1}", "{}")) {
            bench.store.objects.put(key, body.getBytes(StandardCharsets.UTF_8));
            LandingError.Refused refused = assertThrows(LandingError.Refused.class, this::locate);
            assertTrue(refused.getMessage().startsWith(key), refused.getMessage());
        }
    }

    private void hint(long expected) {
        bench.store.objects.put(bench.layout.tailKey(Bench.P0, bench.log.id),
                FlatJson.of("expected_offset", expected));
    }
}
