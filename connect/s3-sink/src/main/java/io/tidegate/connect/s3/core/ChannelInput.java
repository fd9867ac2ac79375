package io.tidegate.connect.s3.core;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Reads a file by position, so that a retried upload starts again without moving the writer. */
final class ChannelInput extends InputStream {
    private final FileChannel file;
    private final long end;
    private long position;

    ChannelInput(FileChannel file, long end) {
        this.file = file;
        this.end = end;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int at, int count) throws IOException {
        if (position >= end) {
            return -1;
        }
        int wanted = (int) Math.min(count, end - position);
        int got = file.read(ByteBuffer.wrap(into, at, wanted), position);
        position += Math.max(got, 0);
        return got;
    }
}
