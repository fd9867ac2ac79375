package io.tidegate.connect.s3;

import static io.tidegate.connect.s3.TaskBench.record;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.connect.errors.ConnectException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk of one megabyte that is really full; needs the right to mount one. */
class FullDiskTest {
    @TempDir
    private Path disk;
    private TaskBench bench;

    @BeforeEach
    void mount() throws IOException, InterruptedException {
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString()),
                "mounting is not allowed here");
        bench = new TaskBench();
    }

    @AfterEach
    void unmount() throws IOException, InterruptedException {
        if (bench != null) {
            bench.close();
            run("umount", disk.toString());
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException e) {
            return false; // there is no such command on this system
        }
    }

    @Test
    void theTaskFailsNamingThePathAndLosesNothing() {
        byte[] large = new byte[2 << 20];
        new Random(1).nextBytes(large); // nothing that gzip could make small
        bench.with("spool.memory.bytes", "0").with("spool.directory", disk.toString()).opened();
        bench.put(record(5), record(6));
        String message = assertThrows(ConnectException.class,
                () -> bench.put(record(7, large), record(8))).getMessage();
        assertTrue(message.startsWith("spool.directory: "), message);
        assertTrue(message.contains(disk.toString()), message);
        assertEquals(1, bench.manifests().size());
        bench.task.stop();

        bench.with("spool.memory.bytes", "33554432").opened();
        assertEquals(Map.of(TaskBench.P0, 7L), bench.asked.get("offset"));
        bench.put(record(7, large), record(8));
        assertEquals(2, bench.manifests().size());
        assertEquals(List.of(), bench.deadLetters);
    }
}
