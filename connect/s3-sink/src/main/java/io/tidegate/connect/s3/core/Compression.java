package io.tidegate.connect.s3.core;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.GZIPOutputStream;

/** How lines are stored; the wire name is what configs and manifests carry. */
public enum Compression {
    GZIP("gzip", ".jsonl.gz"),
    NONE("none", ".jsonl");

    /** Bytes of each buffer that {@link #over} puts before and behind the compressor. */
    static final int BUFFER = 16 * 1024;
    private final String wireName;
    private final String extension;

    Compression(String wireName, String extension) {
        this.wireName = wireName;
        this.extension = extension;
    }

    public String wireName() {
        return wireName;
    }

    public String extension() {
        return extension;
    }

    /** The compression of that wire name; {@link LandingError.Refused} when unknown. */
    public static Compression of(String wireName) {
        for (Compression known : values()) {
            if (known.wireName.equals(wireName)) {
                return known;
            }
        }
        throw new LandingError.Refused("compression: \"" + wireName + "\" is not gzip or none");
    }

    /** Wraps {@code sink}; {@code level} is zlib's, 1 (fast) to 9 (small). */
    OutputStream over(OutputStream sink, int level) throws IOException {
        return switch (this) {
            case NONE -> new BufferedOutputStream(sink, BUFFER);
            case GZIP -> new BufferedOutputStream(new LevelledGzip(sink, level), BUFFER);
        };
    }

    private static final class LevelledGzip extends GZIPOutputStream {
        LevelledGzip(OutputStream sink, int level) throws IOException {
            super(sink, BUFFER);
            def.setLevel(level);
        }
    }
}
