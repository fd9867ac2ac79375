package io.tidegate.connect.s3.core;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/** A growing byte buffer that knows how to write JSON strings from UTF-8 bytes. */
final class LineBuffer {
    private static final int ROOM = 16 * 1024;
    private static final int KEEP = 4 * 1024 * 1024;
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private byte[] bytes = new byte[ROOM];
    private int length;

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    /** Empties the buffer; one giant record does not keep its memory for ever. */
    void clear() {
        length = 0;
        if (bytes.length > KEEP) {
            bytes = new byte[ROOM];
        }
    }

    /** Forgets everything behind an earlier {@link #length()}. */
    LineBuffer cut(int mark) {
        length = mark;
        return this;
    }

    LineBuffer raw(String ascii) {
        byte[] added = ascii.getBytes(StandardCharsets.US_ASCII);
        return copy(added, 0, added.length);
    }

    LineBuffer number(long value) {
        return raw(Long.toString(value));
    }

    LineBuffer base64(byte[] binary) {
        byte[] encoded = Base64.getEncoder().encode(binary);
        return raw("\"").copy(encoded, 0, encoded.length).raw("\"");
    }

    LineBuffer string(String text) {
        text(text.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    /** Appends the text as a JSON string, or appends nothing and returns false if not UTF-8. */
    boolean text(byte[] utf8) {
        int mark = length;
        room(utf8.length + 2);
        bytes[length++] = '"';
        int copied = 0;
        for (int at = 0; at < utf8.length; ) {
            int b = utf8[at];
            if (b >= 0x20 && b != '"' && b != '\\') {
                at++;
                continue;
            }
            int sequence = Utf8.sequenceLength(utf8, at);
            if (sequence == 0) {
                length = mark;
                return false;
            }
            if (b >= 0 || endsLine(utf8, at, sequence)) {
                copy(utf8, copied, at - copied);
                escape(utf8, at, sequence);
                copied = at + sequence;
            }
            at += sequence;
        }
        copy(utf8, copied, utf8.length - copied).raw("\"");
        return true;
    }

    /** U+0085, U+2028, U+2029: legal inside JSON, yet some readers split lines at them. */
    private static boolean endsLine(byte[] utf8, int at, int sequence) {
        return sequence == 2 && utf8[at] == (byte) 0xC2 && utf8[at + 1] == (byte) 0x85
                || sequence == 3 && utf8[at] == (byte) 0xE2 && utf8[at + 1] == (byte) 0x80
                        && (utf8[at + 2] == (byte) 0xA8 || utf8[at + 2] == (byte) 0xA9);
    }

    private void escape(byte[] utf8, int at, int sequence) {
        int b = utf8[at];
        if (b == '"' || b == '\\') {
            room(2);
            bytes[length++] = '\\';
            bytes[length++] = (byte) b;
            return;
        }
        int code = sequence == 1 ? b : sequence == 2 ? 0x85 : 0x2000 | utf8[at + 2] & 0x3F;
        room(6);
        bytes[length++] = '\\';
        bytes[length++] = 'u';
        for (int shift = 12; shift >= 0; shift -= 4) {
            bytes[length++] = HEX[code >> shift & 0xF];
        }
    }

    private LineBuffer copy(byte[] from, int at, int count) {
        room(count);
        System.arraycopy(from, at, bytes, length, count);
        length += count;
        return this;
    }

    private void room(int more) {
        int needed = Math.addExact(length, more);
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(needed, bytes.length + (bytes.length >> 1)));
        }
    }
}
