package io.tidegate.connect.s3.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An object is closed at the first limit it reaches. */
class RotationTest {
    private final Bench bench = new Bench();

    @BeforeEach
    void manyRecords() {
        bench.log.append(0, 12);
    }

    @Test
    void byRecords() {
        bench.rotation = new Rotation(5, 1_000_000, 60_000);
        bench.reading(0).iterate(12);
        assertEquals(List.of(5L, 5L), counts());
    }

    @Test
    void byBytes() {
        bench.rotation = new Rotation(1_000, 500, 60_000);
        bench.reading(0).iterate(12);
        assertTrue(counts().size() > 1, "500 bytes hold fewer than 12 lines");
        bench.landed().chain(bench.log.id, 0).forEach(manifest ->
                assertTrue(manifest.object().lineBytes() >= 500));
    }

    @Test
    void byTheClockEvenWithoutFurtherRecords() {
        bench.rotation = new Rotation(1_000, 1_000_000, 60_000);
        Worker worker = bench.reading(0);
        worker.iterate(12);
        assertEquals(OptionalLong.of(60_000), worker.lander.untilNextWork());
        bench.clock.advance(Duration.ofMillis(59_999));
        worker.iterate(12);
        assertEquals(List.of(), counts());
        bench.clock.advance(Duration.ofMillis(1));
        worker.iterate(12);
        assertEquals(List.of(12L), counts());
        assertEquals(OptionalLong.empty(), worker.lander.untilNextWork());
    }

    @Test
    void theClockStartsAtTheFirstRecordNotAtTheLastObject() {
        bench.rotation = new Rotation(12, 1_000_000, 60_000);
        Worker worker = bench.reading(0);
        worker.iterate(12);
        bench.clock.advance(Duration.ofHours(1));
        bench.log.append(0);
        worker.iterate(12);
        assertEquals(List.of(12L), counts());
    }

    private List<Long> counts() {
        return bench.landed().chain(bench.log.id, 0).stream()
                .map(manifest -> manifest.object().span().records()).toList();
    }
}
