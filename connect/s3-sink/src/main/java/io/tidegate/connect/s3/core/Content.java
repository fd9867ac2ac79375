package io.tidegate.connect.s3.core;

import java.io.InputStream;

/** Bytes that can be read from the start as often as an upload needs. */
public interface Content {
    long length();

    InputStream open();
}
