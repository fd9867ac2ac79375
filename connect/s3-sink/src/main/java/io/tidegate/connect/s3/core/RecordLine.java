package io.tidegate.connect.s3.core;

import java.nio.charset.StandardCharsets;

/**
 * Writes the record line of docs/contracts/record-line.schema.json: one JSON object, one line.
 *
 * <p>The buffer is reused, so an instance serves one thread and one record at a time. What
 * neighbouring records share (topic, partition, kind of timestamp) is encoded once.
 */
public final class RecordLine {
    private static final byte[] TIMESTAMP = ascii(",\"timestamp\":");
    private static final byte[] TIMESTAMP_TYPE = ascii(",\"timestamp_type\":");
    private static final byte[] KEY = ascii(",\"key");
    private static final byte[] HEADERS = ascii(",\"headers\":[");
    private static final byte[] END_HEADERS = ascii("]");
    private static final byte[] HEADER = ascii("[");
    private static final byte[] COMMA = ascii(",");
    private static final byte[] VALUE = ascii(",\"value");
    private static final byte[] IS = ascii("\":");
    private static final byte[] IS_BASE64 = ascii("_base64\":");
    private static final byte[] NULL = ascii("null");
    private static final byte[] END = ascii("}\n");

    private final LineBuffer out = new LineBuffer();
    private PartitionId source;
    private byte[] begin;
    private String clock;
    private byte[] clockEnd;

    /** Encodes the record; read it from {@link #bytes()} up to {@link #length()}. */
    public RecordLine encode(LandingRecord record) {
        shared(record);
        out.clear();
        out.raw(begin).number(record.offset()).raw(TIMESTAMP);
        if (record.timestamp() == null) {
            out.raw(NULL);
        } else {
            out.number(record.timestamp());
        }
        out.raw(clockEnd);
        field(KEY, record.key());
        out.raw(HEADERS);
        boolean first = true;
        for (LandingRecord.Header header : record.headers()) {
            if (!first) {
                out.raw(COMMA);
            }
            header(header);
            first = false;
        }
        out.raw(END_HEADERS);
        field(VALUE, record.value());
        out.raw(END);
        return this;
    }

    public byte[] bytes() {
        return out.bytes();
    }

    public int length() {
        return out.length();
    }

    /** Encodes topic and partition, and the kind of timestamp, unless the last record had them. */
    private void shared(LandingRecord record) {
        if (!record.source().equals(source)) {
            source = record.source();
            out.clear();
            begin = out.raw(ascii("{\"topic\":")).string(source.topic())
                    .raw(ascii(",\"partition\":")).number(source.partition())
                    .raw(ascii(",\"offset\":")).copy();
        }
        if (!record.timestampType().equals(clock)) {
            clock = record.timestampType();
            out.clear();
            clockEnd = out.raw(TIMESTAMP_TYPE).string(clock).copy();
        }
    }

    /** Text under its own name; other bytes as base64 under {@code <name>_base64} instead. */
    private void field(byte[] name, byte[] bytes) {
        out.raw(name);
        if (bytes == null) {
            out.raw(IS).raw(NULL);
            return;
        }
        int mark = out.length();
        out.raw(IS);
        if (!out.text(bytes)) {
            out.cut(mark).raw(IS_BASE64).base64(bytes);
        }
    }

    /** {@code [name, text]}, {@code [name, null]}, or {@code [name, null, base64]}. */
    private void header(LandingRecord.Header header) {
        out.raw(HEADER).string(header.name()).raw(COMMA);
        if (header.value() == null) {
            out.raw(NULL);
        } else if (!out.text(header.value())) {
            out.raw(NULL).raw(COMMA).base64(header.value());
        }
        out.raw(END_HEADERS);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
