package io.tidegate.connect.s3.core;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Random histories of one topic under rebalances, zombies, kills, lost replies, compaction,
 * retention and re-creation, each replayable from its seed.
 */
class SimulationTest {
    /** {@code make soak} sets TIDEGATE_SOAK. */
    private static final int HISTORIES = Integer.getInteger(
            "tidegate.histories", "1".equals(System.getenv("TIDEGATE_SOAK")) ? 20_000 : 250);
    private static final long FIRST_SEED = Long.getLong("tidegate.seed", 1L);

    @Test
    void everyRecordIsLandedOnceWhateverHappens() {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed++) {
            History history = new History(seed);
            assertDoesNotThrow(history::run,
                    "replay with -Dtidegate.histories=1 -Dtidegate.seed=" + seed);
        }
    }

    @Test
    void aStoreThatIgnoresTheConditionIsCaught() {
        assertTrue(anyHistoryFails(history -> history.bench.store.honoursConditions = false),
                "no history noticed that manifests overwrite each other");
    }

    @Test
    void aTopicIdThatIsNeverAskedAgainIsCaught() {
        assertTrue(anyHistoryFails(history -> history.bench.log.idFrozen = true),
                "no history noticed that a topic made again is taken for the old one");
    }

    @Test
    void seeksThatAreForgottenAreCaught() {
        assertTrue(anyHistoryFails(history -> history.ignoreSeeks = true),
                "no history noticed that the reader was never moved");
    }

    private static boolean anyHistoryFails(Consumer<History> breakage) {
        for (long seed = 1; seed <= 100; seed++) {
            History history = new History(seed);
            breakage.accept(history);
            try {
                history.run();
            } catch (AssertionError | LandingError e) {
                return true;
            }
        }
        return false;
    }
}
