package io.tidegate.connect.s3.core;

import java.util.Optional;

/**
 * When an open object is closed: whichever limit is reached first.
 *
 * @param records records in one object
 * @param bytes uncompressed line bytes in one object
 * @param intervalMillis wall-clock age, counted from the object's first record
 */
public record Rotation(long records, long bytes, long intervalMillis) {
    /** Why an object was closed; the name is what the log says. */
    public enum Reason {
        RECORDS,
        BYTES,
        INTERVAL
    }

    Optional<Reason> due(OpenObject object, long nowMillis) {
        if (object.recordCount() >= records) {
            return Optional.of(Reason.RECORDS);
        }
        if (object.lineBytes() >= bytes) {
            return Optional.of(Reason.BYTES);
        }
        // A clock that was set back must not keep the object open until it has caught up.
        boolean due = nowMillis >= deadline(object) || nowMillis < object.openedAtMillis();
        return due ? Optional.of(Reason.INTERVAL) : Optional.empty();
    }

    long deadline(OpenObject object) {
        return object.openedAtMillis() + intervalMillis;
    }
}
