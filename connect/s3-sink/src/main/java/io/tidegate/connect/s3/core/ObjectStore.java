package io.tidegate.connect.s3.core;

import java.util.List;
import java.util.Optional;

/**
 * The bucket, seen by the protocol.
 *
 * <p>Every method throws {@link LandingError.Unavailable} when the outcome is unknown or may be
 * better later, and {@link LandingError.Refused} when it stays as it is.
 */
public interface ObjectStore {
    /** Stores the content, replacing what is there; returns the etag without quotes. */
    String put(String key, Content content);

    /** Stores the bytes if nothing is there; false when something is. */
    boolean putIfAbsent(String key, byte[] bytes);

    Optional<byte[]> get(String key);

    /** Keys under {@code prefix} that sort after {@code startAfter}, in order. */
    Page list(String prefix, String startAfter);

    void delete(String key);

    /** What {@link #putIfAbsent} is worth here. */
    Delivery delivery();

    /**
     * One answer of a listing.
     *
     * @param more whether asking again after the last key brings further keys
     */
    record Page(List<String> keys, boolean more) {}
}
