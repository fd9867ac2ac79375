package io.tidegate.connect.s3.core;

import java.util.concurrent.Future;
import java.util.function.Supplier;

/**
 * A record that cannot be landed and goes to the dead letters instead.
 *
 * @param report hands it over; the future ends when it is kept there for good
 */
public record ErrantRecord(PartitionId source, long offset, Supplier<Future<Void>> report)
        implements Delivered {}
