package io.tidegate.connect.s3;

import io.tidegate.connect.s3.core.LandingRecord;
import io.tidegate.connect.s3.core.PartitionId;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.sink.SinkRecord;

/** Connect's records as landing records: identity before transforms, bytes as they came. */
final class SinkRecordReader {
    private SinkRecordReader() {}

    static List<LandingRecord> read(Collection<SinkRecord> records) {
        List<LandingRecord> landing = new ArrayList<>(records.size());
        for (SinkRecord record : records) {
            landing.add(read(record));
        }
        return landing;
    }

    private static LandingRecord read(SinkRecord record) {
        return new LandingRecord(
                new PartitionId(record.originalTopic(), record.originalKafkaPartition()),
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

    private static ConnectException unreadable(SinkRecord record, String key, String what) {
        return new ConnectException(key + ": gave " + what + " instead of bytes at "
                + record.originalTopic() + "-" + record.originalKafkaPartition() + " offset "
                + record.originalKafkaOffset() + ". The record was not landed. Set " + key
                + "=org.apache.kafka.connect.converters.ByteArrayConverter");
    }
}
