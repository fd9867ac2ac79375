package io.tidegate.connect.s3;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.connect.s3.core.LandingRecord;
import io.tidegate.connect.s3.core.PartitionId;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SinkRecordReaderTest {
    private static SinkRecord record(Object key, Object value) {
        return new SinkRecord("orders", 3, null, key, null, value, 42, 7L,
                TimestampType.LOG_APPEND_TIME);
    }

    private static LandingRecord read(SinkRecord record) {
        return (LandingRecord) new SinkRecordReader(DeadLetters.of(DeadLetterPolicy.FAIL, null))
                .read(List.of(record)).get(0);
    }

    @Test
    void identityIsWhatKafkaKnowsAndNotWhatATransformMade() {
        SinkRecord renamed = record(null, new byte[] {1})
                .newRecord("elsewhere", 9, null, null, null, new byte[] {2}, 7L);
        LandingRecord landing = read(renamed);
        assertEquals(new PartitionId("orders", 3), landing.source());
        assertEquals(42, landing.offset());
        assertEquals("LogAppendTime", landing.timestampType());
        assertArrayEquals(new byte[] {2}, landing.value());
    }

    @Test
    void bytesAndTextAndNothingAreTaken() {
        ConnectHeaders headers = new ConnectHeaders();
        headers.add("h", new byte[] {5}, null).add("h", null, null);
        SinkRecord record = new SinkRecord("orders", 3, null, "ä", null, null, 42, null,
                TimestampType.NO_TIMESTAMP_TYPE, headers);
        LandingRecord landing = read(record);
        assertArrayEquals(new byte[] {(byte) 0xC3, (byte) 0xA4}, landing.key());
        assertNull(landing.value());
        assertNull(landing.timestamp());
        assertArrayEquals(new byte[] {5}, landing.headers().get(0).value());
        assertNull(landing.headers().get(1).value());
    }

    @ParameterizedTest
    @CsvSource({"key.converter", "value.converter", "header.converter"})
    void anythingElseNamesTheConverterToSet(String converter) {
        Object odd = Map.of("id", 1);
        ConnectHeaders headers = new ConnectHeaders();
        headers.add("h", converter.startsWith("header") ? odd : new byte[0], null);
        SinkRecord record = new SinkRecord("orders", 3, null,
                converter.startsWith("key") ? odd : null, null,
                converter.startsWith("value") ? odd : null, 42, 7L,
                TimestampType.CREATE_TIME, headers);
        String message =
                assertThrows(ConnectException.class, () -> read(record)).getMessage();
        assertTrue(message.startsWith(converter + ": "), message);
        assertTrue(message.contains("orders-3@42"), message);
        assertTrue(message.contains("Set " + converter
                + "=org.apache.kafka.connect.converters.ByteArrayConverter"), message);
    }

    @Test
    void halfASurrogatePairIsRefusedRatherThanReplaced() {
        assertThrows(ConnectException.class, () -> read(record(null, "\ud800")));
    }
}
