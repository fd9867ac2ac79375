package io.tidegate.connect.s3.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Agrees with the platform's own strict decoder. */
class Utf8Test {
    @Test
    void agreesOnEveryPairOfBytes() {
        for (int pair = 0; pair < 0x10000; pair++) {
            agree((byte) (pair >> 8), (byte) pair);
        }
    }

    @Test
    void agreesOnLongSequencesAtTheirEdges() {
        int[] edges = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
        for (int lead = 0xE0; lead <= 0xFF; lead++) {
            for (int second : edges) {
                for (int third : edges) {
                    agree((byte) lead, (byte) second, (byte) third);
                    for (int fourth : edges) {
                        agree((byte) lead, (byte) second, (byte) third, (byte) fourth);
                    }
                }
            }
        }
    }

    private static void agree(byte... bytes) {
        assertEquals(decodes(bytes), isWellFormed(bytes), () -> HexFormat.of().formatHex(bytes));
    }

    private static boolean isWellFormed(byte[] bytes) {
        int at = 0;
        while (at < bytes.length) {
            int length = Utf8.sequenceLength(bytes, at);
            if (length == 0) {
                return false;
            }
            at += length;
        }
        return true;
    }

    private static boolean decodes(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
