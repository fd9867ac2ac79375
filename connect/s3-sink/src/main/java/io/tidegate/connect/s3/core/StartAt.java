package io.tidegate.connect.s3.core;

/** Where the first chain of a topic begins; a chain that exists is always continued. */
public enum StartAt {
    EARLIEST,
    LATEST
}
