package io.tidegate.connect.s3.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/** A growing byte buffer that knows how to write JSON strings from UTF-8 bytes. */
final class LineBuffer {
    private static final int ROOM = 16 * 1024;
    private static final int KEEP = 4 * 1024 * 1024;
    /** Digits and sign of the smallest long. */
    private static final int LONGEST_NUMBER = 20;
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final VarHandle EIGHT =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long EACH = 0x0101_0101_0101_0101L;
    private static final long HIGH_BITS = 0x80 * EACH;
    private static final byte[] QUOTE = {'"'};

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

    /** What has been written since {@link #clear}. */
    byte[] copy() {
        return Arrays.copyOf(bytes, length);
    }

    LineBuffer raw(byte[] added) {
        return append(added, 0, added.length);
    }

    /** Decimal digits, written from the last to the first. */
    LineBuffer number(long value) {
        room(LONGEST_NUMBER);
        if (value < 0) {
            bytes[length++] = '-';
        }
        int end = length + digits(value);
        // Negative numbers reach further than positive ones: Long.MIN_VALUE has no positive form.
        long rest = value < 0 ? value : -value;
        for (int at = end - 1; at >= length; at--) {
            bytes[at] = (byte) ('0' - rest % 10);
            rest /= 10;
        }
        length = end;
        return this;
    }

    LineBuffer base64(byte[] binary) {
        return raw(QUOTE).raw(Base64.getEncoder().encode(binary)).raw(QUOTE);
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
        for (int at = 0; at < utf8.length; ) {
            int plain = plain(utf8, at);
            append(utf8, at, plain - at);
            at = plain;
            if (at < utf8.length) {
                int sequence = Utf8.sequenceLength(utf8, at);
                if (sequence == 0) {
                    length = mark;
                    return false;
                }
                special(utf8, at, sequence);
                at += sequence;
            }
        }
        raw(QUOTE);
        return true;
    }

    /** Where the run of bytes that stand for themselves ends, which begins at {@code at}. */
    private static int plain(byte[] utf8, int at) {
        int end = at;
        // Eight at a time. The top bit of a byte is set when it is a control (below 0x20, so that
        // subtracting borrows), a quote or backslash (zero after xor), or no ASCII. A borrow can
        // spoil bytes behind the first hit only, and only the first is asked for.
        for (; end <= utf8.length - Long.BYTES; end += Long.BYTES) {
            long eight = (long) EIGHT.get(utf8, end);
            long specials = (eight | eight - 0x20 * EACH | (eight ^ '"' * EACH) - EACH
                    | (eight ^ '\\' * EACH) - EACH) & HIGH_BITS;
            if (specials != 0) {
                return end + Long.numberOfTrailingZeros(specials) / Byte.SIZE;
            }
        }
        while (end < utf8.length && utf8[end] >= 0x20 && utf8[end] != '"' && utf8[end] != '\\') {
            end++;
        }
        return end;
    }

    private void special(byte[] utf8, int at, int sequence) {
        if (utf8[at] >= 0 || endsLine(utf8, at, sequence)) {
            escape(utf8, at, sequence);
        } else {
            append(utf8, at, sequence);
        }
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

    private static int digits(long value) {
        int count = 1;
        for (long rest = value / 10; rest != 0; rest /= 10) {
            count++;
        }
        return count;
    }

    private LineBuffer append(byte[] from, int at, int count) {
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
