package io.tidegate.connect.s3.core;

/** The offsets one object holds: first and last inclusive; fewer records than the span has gaps. */
public record OffsetSpan(long first, long last, long records) {}
