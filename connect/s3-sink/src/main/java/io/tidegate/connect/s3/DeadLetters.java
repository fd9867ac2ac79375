package io.tidegate.connect.s3;

import io.tidegate.connect.s3.core.ErrantRecord;
import io.tidegate.connect.s3.core.PartitionId;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where records go that the sink itself cannot land: to Connect's dead letters, or nowhere. */
final class DeadLetters {
    private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);

    private final ErrantRecordReporter reporter;

    private DeadLetters(ErrantRecordReporter reporter) {
        this.reporter = reporter;
    }

    /** Takes Connect's reporter only where it leads to a topic; a log line brings nothing back. */
    static DeadLetters of(DeadLetterPolicy policy, ErrantRecordReporter reporter) {
        if (policy == DeadLetterPolicy.WITHOUT_A_TRACE) {
            LOG.warn("{}. Records that the sink itself cannot land fail the task all the same",
                    DeadLetterPolicy.complaint());
        }
        return new DeadLetters(policy == DeadLetterPolicy.DEAD_LETTER ? reporter : null);
    }

    /**
     * The record as one to be reported once its turn comes.
     *
     * @throws DataException {@code why} itself, when there is nowhere to report it
     */
    ErrantRecord errant(PartitionId source, SinkRecord record, DataException why) {
        if (reporter == null) {
            throw why;
        }
        return new ErrantRecord(source, record.originalKafkaOffset(), () -> {
            LOG.warn("to the dead letters: {}", why.getMessage());
            return reporter.report(record, why);
        });
    }
}
