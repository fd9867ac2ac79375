package io.tidegate.connect.s3.core;

/**
 * What can stop landing.
 *
 * <pre>
 * LandingError
 * ├── Unavailable   may heal by itself: the same step is tried again
 * ├── Refused       does not heal: configuration, permissions, or state that contradicts itself
 * └── Delayed       the caller delivers the same records again after {@code delayMillis}
 * </pre>
 */
public abstract sealed class LandingError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private LandingError(String message, Throwable cause) {
        super(message, cause);
    }

    /** A store or broker that did not answer, or answered that it cannot right now. */
    public static final class Unavailable extends LandingError {
        private static final long serialVersionUID = 1L;

        public Unavailable(String message, Throwable cause) {
            super(message, cause);
        }

        public Unavailable(String message) {
            this(message, null);
        }
    }

    /** An answer that stays the same until someone changes something. */
    public static final class Refused extends LandingError {
        private static final long serialVersionUID = 1L;

        public Refused(String message, Throwable cause) {
            super(message, cause);
        }

        public Refused(String message) {
            this(message, null);
        }
    }

    /** Asks for the same records again; never thrown while a seek is pending. */
    public static final class Delayed extends LandingError {
        private static final long serialVersionUID = 1L;
        private final long delayMillis;

        public Delayed(long delayMillis, Unavailable cause) {
            super(cause.getMessage(), cause);
            this.delayMillis = delayMillis;
        }

        public long delayMillis() {
            return delayMillis;
        }
    }
}
