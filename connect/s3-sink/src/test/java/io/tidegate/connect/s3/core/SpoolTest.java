package io.tidegate.connect.s3.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpoolTest {
    private static final int CHUNK = 64 * 1024;

    @TempDir Path directory;

    @ParameterizedTest
    @ValueSource(longs = {0, CHUNK, 2 * CHUNK, 3 * CHUNK, 100 * CHUNK})
    void contentIsTheSameWhereverItLies(long memory) throws IOException {
        MemoryBudget budget = new MemoryBudget(memory);
        Spool spool = new Spool(budget, directory);
        byte[] all = new byte[5 * CHUNK / 2];
        new Random(3).nextBytes(all);
        for (int at = 0; at < all.length; at += 1000) {
            spool.write(all, at, Math.min(1000, all.length - at));
        }
        assertEquals(memory < 3 * CHUNK, spool.onDisk());
        assertEquals(all.length, spool.length());
        assertArrayEquals(all, spool.open().readAllBytes());
        assertArrayEquals(all, spool.open().readAllBytes(), "an upload may read it again");
        spool.discard();
        for (long chunk = 0; chunk < memory / CHUNK; chunk++) {
            assertNotNull(budget.take(), "memory was not given back");
        }
        assertNull(budget.take(), "memory was given back twice");
    }

    @Test
    void aReusedChunkShowsNothingOfItsLastUse() throws IOException {
        MemoryBudget budget = new MemoryBudget(CHUNK);
        Spool first = new Spool(budget, directory);
        first.write("long before".getBytes());
        first.discard();
        Spool second = new Spool(budget, directory);
        second.write("short".getBytes());
        assertArrayEquals("short".getBytes(), second.open().readAllBytes());
    }

    @Test
    void aKilledWorkerLeavesNoFileBehind() throws IOException {
        Spool spool = new Spool(new MemoryBudget(0), directory);
        spool.write(new byte[10]);
        assertTrue(spool.onDisk());
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(0, files.count());
        }
        spool.discard();
    }

    @Test
    void openObjectsShareOneBudget() throws IOException {
        MemoryBudget budget = new MemoryBudget(CHUNK);
        Spool first = new Spool(budget, directory);
        Spool second = new Spool(budget, directory);
        first.write(1);
        second.write(1);
        assertFalse(first.onDisk());
        assertTrue(second.onDisk());
        first.discard();
        second.discard();
    }

    @Test
    void aSpoolThatCannotBeWrittenNamesItsKey() {
        Path nowhere = Path.of("/proc/no/such/folder");
        LandingSettings settings = new LandingSettings(Layout.under(""), Compression.NONE, 3,
                new Rotation(1, 1, 1), 0, nowhere, StartAt.EARLIEST);
        OpenObject object = new OpenObject(settings, new MemoryBudget(0), 0);
        LandingRecord record =
                InMemoryLog.record(Bench.P0, 0, "x".repeat(100_000));
        RecordLine line = new RecordLine().encode(record);
        LandingError.Refused refused =
                assertThrows(LandingError.Refused.class, () -> object.append(record, line));
        assertTrue(refused.getMessage().startsWith("spool.directory: "), refused.getMessage());
    }
}
