package io.tidegate.connect.s3;

import io.tidegate.connect.s3.core.Delivered;
import io.tidegate.connect.s3.core.LandingRecord;
import io.tidegate.connect.s3.core.PartitionId;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.sink.SinkRecord;

/** Connect's records as landing records: identity before transforms, bytes as they came. */
final class SinkRecordReader {
    private final DeadLetters deadLetters;

    /**
     * @param deadLetters where a record goes that has no bytes to land
     */
    SinkRecordReader(DeadLetters deadLetters) {
        this.deadLetters = deadLetters;
    }

    List<Delivered> read(Collection<SinkRecord> records) {
        List<Delivered> landing = new ArrayList<>(records.size());
        for (SinkRecord record : records) {
            try {
                landing.add(read(record));
            } catch (DataException e) {
                landing.add(deadLetters.errant(source(record), record, e));
            }
        }
        return landing;
    }

    private static PartitionId source(SinkRecord record) {
        return new PartitionId(record.originalTopic(), record.originalKafkaPartition());
    }

    private static LandingRecord read(SinkRecord record) {
        return new LandingRecord(
                source(record),
                record.originalKafkaOffset(),
                record.timestamp(),
                record.timestampType().name,
                bytes(record, ConfigKeys.KEY_CONVERTER, record.key()),
                headers(record),
                bytes(record, ConfigKeys.VALUE_CONVERTER, record.value()));
    }

    private static List<LandingRecord.Header> headers(SinkRecord record) {
        if (record.headers().isEmpty()) {
            return List.of();
        }
        List<LandingRecord.Header> headers = new ArrayList<>(record.headers().size());
        for (Header header : record.headers()) {
            headers.add(new LandingRecord.Header(header.key(),
                    bytes(record, ConfigKeys.HEADER_CONVERTER, header.value())));
        }
        return headers;
    }

    private static byte[] bytes(SinkRecord record, String converterKey, Object value) {
        if (value == null) {
            return null;
        }
        if (value instanceof byte[] bytes) {
            return bytes;
        }
        if (value instanceof String text) {
            return encode(record, converterKey, text);
        }
        throw unreadable(record, converterKey, "a " + value.getClass().getSimpleName());
    }

    private static byte[] encode(SinkRecord record, String converterKey, String text) {
        try {
            ByteBuffer encoded =
                    StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException e) {
            throw unreadable(record, converterKey, "text with half a surrogate pair");
        }
    }

    private static DataException unreadable(SinkRecord record, String key, String what) {
        return new DataException(key + ": " + what + " instead of bytes at "
                + source(record) + "@" + record.originalKafkaOffset()
                + ". The record was not landed. Set " + key
                + "=org.apache.kafka.connect.converters.ByteArrayConverter, and let no transform"
                + " make anything else of it");
    }
}
