package io.tidegate.connect.s3.core;

/**
 * Writes the record line of docs/contracts/record-line.schema.json: one JSON object, one line.
 *
 * <p>The buffer is reused, so an instance serves one thread and one record at a time.
 */
public final class RecordLine {
    private final LineBuffer out = new LineBuffer();

    /** Encodes the record; read it from {@link #bytes()} up to {@link #length()}. */
    public RecordLine encode(LandingRecord record) {
        out.clear();
        out.raw("{\"topic\":").string(record.source().topic());
        out.raw(",\"partition\":").number(record.source().partition());
        out.raw(",\"offset\":").number(record.offset());
        out.raw(",\"timestamp\":");
        if (record.timestamp() == null) {
            out.raw("null");
        } else {
            out.number(record.timestamp());
        }
        out.raw(",\"timestamp_type\":").string(record.timestampType());
        field("key", record.key());
        out.raw(",\"headers\":[");
        String comma = "";
        for (LandingRecord.Header header : record.headers()) {
            out.raw(comma);
            header(header);
            comma = ",";
        }
        out.raw("]");
        field("value", record.value());
        out.raw("}\n");
        return this;
    }

    public byte[] bytes() {
        return out.bytes();
    }

    public int length() {
        return out.length();
    }

    /** Text under its own name; other bytes as base64 under {@code <name>_base64} instead. */
    private void field(String name, byte[] bytes) {
        out.raw(",\"" + name);
        if (bytes == null) {
            out.raw("\":null");
            return;
        }
        int mark = out.length();
        out.raw("\":");
        if (!out.text(bytes)) {
            out.cut(mark).raw("_base64\":").base64(bytes);
        }
    }

    /** {@code [name, text]}, {@code [name, null]}, or {@code [name, null, base64]}. */
    private void header(LandingRecord.Header header) {
        out.raw("[").string(header.name()).raw(",");
        if (header.value() == null) {
            out.raw("null");
        } else if (!out.text(header.value())) {
            out.raw("null,").base64(header.value());
        }
        out.raw("]");
    }
}
