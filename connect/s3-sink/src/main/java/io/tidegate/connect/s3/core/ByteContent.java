package io.tidegate.connect.s3.core;

import java.io.ByteArrayInputStream;
import java.io.InputStream;

/** Content that is small enough to be an array. */
public record ByteContent(byte[] bytes) implements Content {
    @Override
    public long length() {
        return bytes.length;
    }

    @Override
    public InputStream open() {
        return new ByteArrayInputStream(bytes);
    }
}
