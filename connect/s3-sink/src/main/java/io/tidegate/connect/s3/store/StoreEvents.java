package io.tidegate.connect.s3.store;

/** What goes wrong with a store, for those who count. */
public interface StoreEvents {
    /** Nobody counts. */
    StoreEvents UNWATCHED = new StoreEvents() {};

    /**
     * A request failed for good, its repetitions included.
     *
     * @param kind for example {@code HTTP 503 SlowDown}, {@code timeout}, {@code ConnectException}
     */
    default void failed(String kind) {}

    /** A request was repeated by the SDK, whatever became of it. */
    default void repeated(int times) {}
}
