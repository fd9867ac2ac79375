package io.tidegate.connect.s3.core;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

/** A clock that moves when told. */
final class TestClock extends Clock {
    private Instant now = Instant.parse("2026-11-20T23:00:00Z");

    void advance(Duration by) {
        now = now.plus(by);
    }

    /** Days from the landing day in a data key until now. */
    long daysSince(String dataKey) {
        int day = dataKey.indexOf("/date=") + "/date=".length();
        return ChronoUnit.DAYS.between(
                LocalDate.parse(dataKey.substring(day, day + "2026-11-20".length())),
                now.atZone(ZoneOffset.UTC).toLocalDate());
    }

    @Override
    public Instant instant() {
        return now;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("the landing clock is UTC");
    }
}
