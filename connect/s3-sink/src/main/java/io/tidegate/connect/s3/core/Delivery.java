package io.tidegate.connect.s3.core;

/** What the store lets the sink promise. */
public enum Delivery {
    EXACTLY_ONCE("exactly-once"),
    AT_LEAST_ONCE("at-least-once");

    private final String wireName;

    Delivery(String wireName) {
        this.wireName = wireName;
    }

    public String wireName() {
        return wireName;
    }

    /** The promise of that wire name; {@link LandingError.Refused} when unknown. */
    public static Delivery of(String wireName) {
        for (Delivery known : values()) {
            if (known.wireName.equals(wireName)) {
                return known;
            }
        }
        throw new LandingError.Refused("delivery: \"" + wireName + "\" is unknown");
    }
}
