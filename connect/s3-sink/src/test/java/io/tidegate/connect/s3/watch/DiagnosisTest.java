package io.tidegate.connect.s3.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.connect.s3.core.LandingError;
import io.tidegate.connect.s3.core.PartitionId;
import io.tidegate.connect.s3.core.PartitionProgress;
import io.tidegate.connect.s3.core.PartitionProgress.State;
import io.tidegate.connect.s3.core.Rotation;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** "Why is my file not there yet" is answered before anybody asks, and not more often. */
class DiagnosisTest {
    private static final PartitionId P3 = new PartitionId("orders", 3);

    private final Hands clock = new Hands();
    private final List<String> lines = new ArrayList<>();
    private long logEnd = 162;
    private final TaskWatch watch = new TaskWatch(clock,
            (sources, answer) -> sources.forEach(source -> answer.accept(source, logEnd)),
            new MBeans("diagnosis", "0"),
            new Diagnosis(clock, new Rotation(100_000, 64 << 20, 3_600_000), lines::add));

    @AfterEach
    void stop() {
        watch.close();
    }

    private PartitionProgress progress(State state) {
        boolean open = state == State.FILLING;
        boolean closed = state == State.COMMITTING;
        return new PartitionProgress(P3, state, state == State.LOCATING ? -1 : 42,
                open ? 120 : 0, open ? 31_871 : 0, open ? Hands.START : -1, closed ? 7 : 0,
                open || closed ? Hands.START - 11_000 : null, 0);
    }

    /** Reports this state every half minute for so many minutes. */
    private void stays(State state, int minutes) {
        for (int i = 0; i < 2 * minutes; i++) {
            clock.now = clock.now.plus(Duration.ofSeconds(30));
            watch.progressed(List.of(progress(state)));
        }
    }

    @Test
    void anObjectThatFillsSlowlySaysHowFarItIsFromItsLimits() {
        watch.progressed(List.of(progress(State.FILLING)));
        stays(State.FILLING, 5);
        assertEquals(List.of("DIAGNOSTIC orders-3 FILLING: nothing landed for 5 min; the open"
                + " object has 120 of 100000 records (rotate.records), 31871 of 67108864 bytes"
                + " (rotate.bytes), is 300 of 3600 s old (rotate.interval.ms) and is closed at"
                + " the first of them. Last landed offset 41, log end 162: 120 records and 311 s"
                + " behind"), lines);
    }

    @ParameterizedTest
    @CsvSource({
        "LOCATING, 'where the chain ends; last error: s3 is away'",
        "COMMITTING, 'a closed object of 7 records waits for the store to take it; last error: s3 is away'",
        "SEEKING, the consumer is being sent to another offset",
        "IDLE, no record arrives",
    })
    void everyOtherStateSaysWhatItWaitsFor(State state, String what) {
        watch.retrying(new LandingError.Unavailable("s3 is away"));
        watch.progressed(List.of(progress(state)));
        stays(state, 5);
        assertEquals(1, lines.size());
        assertTrue(lines.get(0).contains(what), lines.get(0));
    }

    @Test
    void itIsSaidOnceInFiveMinutes() {
        watch.progressed(List.of(progress(State.FILLING)));
        stays(State.FILLING, 17);
        assertEquals(3, lines.size());
    }

    @Test
    void whoeverLandsOrHasNothingToLandIsNotMentioned() {
        logEnd = 42;
        watch.progressed(List.of(progress(State.IDLE)));
        stays(State.IDLE, 20);
        assertEquals(List.of(), lines);
    }

    private static final class Hands extends Clock {
        static final long START = Instant.parse("2026-11-20T23:00:00Z").toEpochMilli();
        private Instant now = Instant.ofEpochMilli(START);

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
