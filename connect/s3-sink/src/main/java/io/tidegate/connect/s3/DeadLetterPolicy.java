package io.tidegate.connect.s3;

/** What a connector's {@code errors.*} keys mean for a record that cannot be landed. */
enum DeadLetterPolicy {
    /** Connect's default: the task fails at the first one. */
    FAIL,
    /** It goes to the dead letter topic, and landing goes on. */
    DEAD_LETTER,
    /** Tolerated without a dead letter topic: Connect itself would drop it without a trace. */
    WITHOUT_A_TRACE;

    static DeadLetterPolicy of(String tolerance, String deadLetterTopic) {
        if (!"all".equals(tolerance)) {
            return FAIL;
        }
        return deadLetterTopic.isBlank() ? WITHOUT_A_TRACE : DEAD_LETTER;
    }

    /** What is wrong with {@link #WITHOUT_A_TRACE}, in words for the author of the config. */
    static String complaint() {
        return ConfigKeys.TOLERANCE + ": all without " + ConfigKeys.DLQ_TOPIC + " lets Connect drop"
                + " records that a transform cannot handle, and nothing would say which. Name a"
                + " dead letter topic in " + ConfigKeys.DLQ_TOPIC + ", or set "
                + ConfigKeys.TOLERANCE + "=none";
    }
}
