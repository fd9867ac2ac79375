package io.tidegate.connect.s3;

import static io.tidegate.connect.s3.TaskBench.P0;
import static io.tidegate.connect.s3.TaskBench.record;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.connect.s3.store.StubS3;
import io.tidegate.connect.s3.store.StubS3.Answer;
import io.tidegate.connect.s3.store.StubS3.Broken;
import io.tidegate.connect.s3.watch.S3SinkPartitionMXBean;
import io.tidegate.connect.s3.watch.S3SinkTaskMXBean;
import java.io.IOException;
import java.lang.reflect.UndeclaredThrowableException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What Connect sees of the task. */
class S3SinkTaskTest {
    private TaskBench bench;

    @BeforeEach
    void start() throws IOException {
        bench = new TaskBench();
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    static Stream<StubS3.Fault> whatHeals() {
        return Stream.of(new Answer(503, "SlowDown"), new Answer(500, "InternalError"),
                new Answer(429, "TooManyRequests"), Broken.HANG, Broken.RESET_AFTER_SUCCESS);
    }

    @ParameterizedTest
    @MethodSource("whatHeals")
    void aFaultThatHealsDelaysTheRecordsAndLandsThemOnce(StubS3.Fault fault) {
        // A small request is cut off after half a second, an upload after three.
        bench.with("consumer.override.max.poll.interval.ms", "9000").located();
        bench.putUntilTaken(() -> {}, record(5)); // the object is open
        bench.s3.fault("PUT", fault);
        int delays = bench.putUntilTaken(bench.s3::heal, record(6));
        assertTrue(delays >= 1);
        assertTrue((long) bench.asked.get("timeout") > 0);
        assertEquals(1, bench.manifests().size());
        assertEquals(1, bench.dataObjects());
        assertEquals(Map.of(P0, new OffsetAndMetadata(7)),
                bench.task.preCommit(Map.of(P0, new OffsetAndMetadata(7))));
    }

    @Test
    void aStoreThatWasAwayIsFoundAgain() throws IOException {
        bench.s3.close();
        bench.opened(); // must not fail: the chain's end is looked for later
        assertThrows(RetriableException.class, () -> bench.put(record(5), record(6)));
        bench.s3 = bench.s3.back();
        bench.putUntilTaken(() -> {}, record(5), record(6));
        bench.put(record(5), record(6)); // the seek has been applied
        assertEquals(1, bench.manifests().size());
    }

    @ParameterizedTest
    @CsvSource({
        "403, AccessDenied, s3.access.key.id",
        "404, NoSuchBucket, s3.bucket",
        "301, PermanentRedirect, s3.region",
        "400, InvalidRequest, s3.endpoint",
    })
    void aPermanentAnswerFailsTheTaskInOneLine(int status, String code, String key) {
        bench.opened();
        bench.put(record(5));
        bench.s3.answer(status, code);
        ConnectException refused =
                assertThrows(ConnectException.class, () -> bench.put(record(6)));
        assertFalse(refused instanceof RetriableException);
        String message = refused.getMessage();
        assertTrue(message.matches("PUT s3://raw/orders/date=.*: HTTP " + status + " " + code
                + "; look at " + key + "[.] Nothing behind .*"), message);
    }

    /** Sixty-four partitions and a store that never answers: the consumer keeps its place. */
    @Test
    void noCallOutlastsThePollInterval() {
        bench.with("consumer.override.max.poll.interval.ms", "6000").started();
        List<TopicPartition> many = IntStream.range(0, 64)
                .mapToObj(n -> new TopicPartition("orders", n)).toList();
        bench.s3.everything(Broken.HANG);
        assertTimeout(Duration.ofMillis(6000), () -> bench.task.open(many));
        assertTimeout(Duration.ofMillis(6000), () ->
                assertThrows(RetriableException.class, () -> bench.put()));
    }

    @ParameterizedTest
    @CsvSource({"3000", "60000", "300000", "3600000"})
    void theShareOfEachCallSumsUpToLessThanThePollInterval(long maxPollIntervalMillis) {
        assertTrue(PollBudget.of(maxPollIntervalMillis).worstCase().toMillis()
                <= maxPollIntervalMillis * 9 / 10);
    }

    @Test
    void theChainsBeginningIsReportedUntilAManifestVouchesForMore() {
        bench.opened();
        Map<TopicPartition, OffsetAndMetadata> current = Map.of(P0, new OffsetAndMetadata(9));
        assertEquals(Map.of(P0, new OffsetAndMetadata(5)), bench.task.preCommit(current));
    }

    @Test
    void aChainThatIsAheadIsReportedAsFarAsConnectHasCome() {
        bench.opened();
        Map<TopicPartition, OffsetAndMetadata> current = Map.of(P0, new OffsetAndMetadata(3));
        assertEquals(current, bench.task.preCommit(current));
    }

    @Test
    void aRecordWithoutBytesFailsTheTaskUnlessThereAreDeadLetters() {
        bench.with("errors.deadletterqueue.topic.name", "dlq").opened(); // tolerance is none
        ConnectException why = assertThrows(ConnectException.class,
                () -> bench.put(record(5, Map.of("id", 1)), record(6)));
        assertTrue(why.getMessage().contains("orders-0@5"), why.getMessage());
        assertEquals(List.of(), bench.deadLetters);
    }

    @Test
    void toleratedWithoutADeadLetterTopicItStillFailsTheTask() {
        bench.with("errors.tolerance", "all").with("errors.log.enable", "true").opened();
        assertThrows(ConnectException.class, () -> bench.put(record(5, Map.of("id", 1))));
    }

    @Test
    void aRecordWithoutBytesGoesToTheDeadLettersAndLandingGoesOn() {
        bench.with("errors.tolerance", "all").with("errors.deadletterqueue.topic.name", "dlq");
        bench.opened();
        bench.put(record(5), record(6, Map.of("id", 1)), record(7));
        assertEquals(List.of(6L),
                bench.deadLetters.stream().map(SinkRecord::kafkaOffset).toList());
        String manifest = new String(
                bench.s3.object(bench.manifests().get(0)), StandardCharsets.UTF_8);
        assertTrue(manifest.contains("\"record_count\":2,\"errant_records\":1,"), manifest);
        assertTrue(manifest.contains("\"contiguous_read\":true"), manifest);
        assertEquals(1, bench.taskFigures().getErrantRecords());
    }

    @Test
    void aResetThatSkipsRecordsIsRefusedBeforeAnythingIsRead() {
        bench.with("consumer.override.auto.offset.reset", "latest");
        String message =
                assertThrows(ConfigException.class, bench::started).getMessage();
        assertTrue(message.startsWith("consumer.override.auto.offset.reset: "), message);
        assertTrue(message.contains("dataset.start"), message);
    }

    @Test
    void aSpoolDirectoryThatCannotBeWrittenIsRefusedAtTheStart(@TempDir Path folder)
            throws IOException {
        Path file = Files.createFile(folder.resolve("a-file"));
        bench.with("spool.directory", file.toString());
        String message =
                assertThrows(ConfigException.class, bench::started).getMessage();
        assertTrue(message.startsWith("spool.directory: " + file), message);
    }

    @Test
    void aSpoolDirectoryThatVanishesFailsTheTaskAndLosesNothing(@TempDir Path folder)
            throws IOException {
        Path spool = folder.resolve("spool");
        bench.with("spool.directory", spool.toString()).with("spool.memory.bytes", "0").opened();
        bench.put(record(5), record(6));
        Files.delete(spool);
        Files.createFile(spool);
        String message = assertThrows(ConnectException.class, () -> bench.put(record(7)))
                .getMessage();
        assertTrue(message.startsWith("spool.directory: "), message);
        assertTrue(message.contains(spool.toString()), message);
        bench.task.stop();
        Files.delete(spool);
        bench.opened();
        assertEquals(Map.of(P0, 7L), bench.asked.get("offset"));
        bench.put(record(7), record(8));
        assertEquals(2, bench.manifests().size());
    }

    @Test
    void figuresAreShownOverJmxWhileTheTaskLives() {
        bench.logEnd = 12;
        bench.opened();
        bench.put(record(5), record(6), record(7));
        S3SinkTaskMXBean task = bench.taskFigures();
        S3SinkPartitionMXBean partition = bench.partitionFigures();
        assertEquals(2, task.getRecordsLanded());
        assertTrue(task.getBytesLanded() > 0);
        assertEquals(Map.of("RECORDS", 1L), task.getObjectsByCloseReason());
        assertEquals(5, task.getRecordsBehind());
        assertTrue(task.getSecondsBehind() < 60);
        assertTrue(task.getLastCommitMillis() >= 0);
        assertEquals("FILLING", partition.getState());
        assertEquals(1, partition.getOpenRecords());
        assertEquals(6, partition.getLastLandedOffset());
        assertEquals(12, partition.getLogEndOffset());
        bench.put(record(7));
        assertEquals(1, task.getRecordsDiscarded());
    }

    @Test
    void troubleIsShownOverJmxToo() {
        bench.opened();
        bench.put(record(5));
        bench.s3.answer(503, "SlowDown");
        assertThrows(RetriableException.class, () -> bench.put(record(6)));
        S3SinkTaskMXBean task = bench.taskFigures();
        assertEquals(1, task.getRetries());
        assertEquals(2, task.getStoreRequestsRepeated());
        assertEquals(Map.of("HTTP 503 SlowDown", 1L), task.getStoreErrors());
        assertEquals("COMMITTING", bench.partitionFigures().getState());
        bench.task.close(List.of(P0));
        assertEquals(2, task.getRecordsDropped());
        assertThrows(UndeclaredThrowableException.class, bench.partitionFigures()::getState);
        bench.task.stop();
        assertThrows(UndeclaredThrowableException.class, task::getRetries);
    }

    @Test
    void aTaskThatEndsLateLeavesItsSuccessorsFiguresAlone() {
        S3SinkTask zombie = bench.opened().task;
        bench.opened();
        zombie.stop();
        assertEquals(1, bench.taskFigures().getPartitions());
    }
}
