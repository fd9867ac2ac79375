package io.tidegate.connect.s3.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Random histories of one topic, each replayable from its seed; and sinks broken on purpose, each
 * of which some history must catch.
 */
class SimulationTest {
    /** {@code make soak} sets TIDEGATE_SOAK. */
    private static final int HISTORIES = Integer.getInteger(
            "tidegate.histories", "1".equals(System.getenv("TIDEGATE_SOAK")) ? 10_000 : 1_000);
    private static final long FIRST_SEED = Long.getLong("tidegate.seed", 1L);
    private static final int ENOUGH_TO_NOTICE = 200;

    @Test
    void everyRecordIsLandedOnceWhateverHappens() {
        playAll("everyRecordIsLandedOnceWhateverHappens", HISTORIES, history -> {});
    }

    @Test
    void withoutConditionalWritesNoRecordIsLost() {
        playAll("withoutConditionalWritesNoRecordIsLost", Math.max(1, HISTORIES / 5),
                history -> history.bench.withoutConditions());
    }

    @Test
    void theSameSeedPlaysTheSameHistory() {
        for (long seed = 1; seed <= 20; seed++) {
            assertEquals(fingerprint(seed), fingerprint(seed), "seed " + seed);
        }
        assertNotEquals(fingerprint(1), fingerprint(2));
    }

    @Test
    void offsetsReportedBeforeTheManifestAreCaught() {
        assertCaught("reported up to", h -> h.broken = Worker.Broken.REPORTS_WHAT_IT_READ);
    }

    @Test
    void aStoreThatIgnoresTheConditionIsCaught() {
        assertCaught("", h -> h.bench.store.honoursConditions = false);
    }

    @Test
    void aTopicIdThatIsNeverAskedAgainIsCaught() {
        assertCaught("", h -> h.bench.log.idFrozen = true);
    }

    @Test
    void seeksThatAreForgottenAreCaught() {
        assertCaught("", h -> h.broken = Worker.Broken.FORGETS_SEEKS);
    }

    @Test
    void aDelayWhileASeekIsPendingIsCaught() {
        assertCaught("", h -> h.broken = Worker.Broken.DELAYS_WHILE_A_SEEK_IS_PENDING);
    }

    @Test
    void aTailHintThatIsTrustedWithoutListingBehindItIsCaught() {
        assertCaught("although offsets up to", h ->
                h.bench.seen = BrokenStore.whereListingsBehindTheHintEndAtIt(h.bench.seen));
    }

    @Test
    void anOwnManifestThatIsTakenForAnothersIsCaught() {
        assertCaught("names an object that is not there", h ->
                h.bench.seen = BrokenStore.whereNoManifestIsOnesOwn(h.bench.seen));
    }

    private static void playAll(String test, int histories, Consumer<History> setting) {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + histories; seed++) {
            Optional<Throwable> failure = play(seed, setting);
            if (failure.isPresent()) {
                throw new AssertionError("seed " + seed + "; replay it with\n  mvn -f connect/pom.xml"
                        + " test -Dtest=SimulationTest#" + test + " -Dtidegate.histories=1"
                        + " -Dtidegate.seed=" + seed, failure.get());
            }
        }
    }

    private static Optional<Throwable> play(long seed, Consumer<History> setting) {
        try (History history = new History(seed)) {
            setting.accept(history);
            try {
                history.run();
                return Optional.empty();
            } catch (AssertionError | LandingError e) {
                return Optional.of(new AssertionError(e.getMessage() + "; before it:\n"
                        + history.trace, e));
            }
        }
    }

    private static void assertCaught(String by, Consumer<History> breakage) {
        for (long seed = 1; seed <= ENOUGH_TO_NOTICE; seed++) {
            Optional<Throwable> failure = play(seed, breakage);
            if (failure.isPresent() && failure.get().getMessage().contains(by)) {
                return;
            }
        }
        assertTrue(false, "no history noticed");
    }

    private static String fingerprint(long seed) {
        try (History history = new History(seed)) {
            history.run();
            return history.trace.fingerprint();
        }
    }
}
