package io.tidegate.connect.s3.core;

/**
 * The offsets one object holds: first and last inclusive; fewer records than the span has gaps.
 *
 * @param errants records of the object's range that went to the dead letters instead
 */
public record OffsetSpan(long first, long last, long records, long errants) {
    public OffsetSpan(long first, long last, long records) {
        this(first, last, records, 0);
    }

    OffsetSpan withErrants(long count) {
        return new OffsetSpan(first, last, records, count);
    }
}
