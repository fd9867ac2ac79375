package io.tidegate.connect.s3.core;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The bytes of one object until it is committed: in memory while the budget lasts, else on disk. */
final class Spool extends OutputStream implements Content {
    private static final int CHUNK = MemoryBudget.CHUNK;

    private final MemoryBudget budget;
    private final Path directory;
    private final List<byte[]> chunks = new ArrayList<>();
    private FileChannel file;
    private long length;

    Spool(MemoryBudget budget, Path directory) {
        this.budget = budget;
        this.directory = directory;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] from, int at, int count) throws IOException {
        int done = 0;
        while (file == null && done < count) {
            int used = (int) (length % CHUNK);
            if (used == 0 && !anotherChunk()) {
                spill();
                break;
            }
            int fits = Math.min(CHUNK - used, count - done);
            System.arraycopy(from, at + done, chunks.get(chunks.size() - 1), used, fits);
            done += fits;
            length += fits;
        }
        if (done < count) {
            append(from, at + done, count - done);
            length += count - done;
        }
    }

    Path directory() {
        return directory;
    }

    private boolean anotherChunk() {
        byte[] chunk = budget.take();
        return chunk != null && chunks.add(chunk);
    }

    boolean onDisk() {
        return file != null;
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public InputStream open() {
        if (file != null) {
            return new ChannelInput(file, length);
        }
        List<InputStream> parts = new ArrayList<>();
        for (int i = 0; i < chunks.size(); i++) {
            int size = (int) Math.min(CHUNK, length - (long) i * CHUNK);
            parts.add(new ByteArrayInputStream(chunks.get(i), 0, size));
        }
        return new SequenceInputStream(Collections.enumeration(parts));
    }

    /** Gives memory and disk back; the content is gone afterwards. */
    void discard() {
        releaseChunks();
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                throw new LandingError.Refused("spool.directory: " + directory + ": " + e, e);
            }
        }
        length = 0;
    }

    private void spill() throws IOException {
        Files.createDirectories(directory);
        Path path = Files.createTempFile(directory, "tidegate-", ".spool");
        file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        // Unlinked while open: a killed worker leaves no file behind.
        Files.delete(path);
        long left = length;
        for (byte[] chunk : chunks) {
            append(chunk, 0, (int) Math.min(CHUNK, left));
            left -= CHUNK;
        }
        releaseChunks();
    }

    private void append(byte[] from, int at, int count) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(from, at, count);
        while (buffer.hasRemaining()) {
            file.write(buffer);
        }
    }

    private void releaseChunks() {
        budget.giveBack(chunks);
        chunks.clear();
    }
}
