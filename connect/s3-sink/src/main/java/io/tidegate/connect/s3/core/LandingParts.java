package io.tidegate.connect.s3.core;

import java.time.Clock;
import java.util.function.Supplier;

/** What the writers of one task share. */
final class LandingParts {
    final LandingSettings settings;
    final ObjectStore store;
    final TopicLog log;
    final Clock clock;
    final Supplier<String> attempts;
    final MemoryBudget budget;
    final Chain chain;
    final Committer committer;
    final LandingEvents events;
    final DeliveryTime time;

    LandingParts(LandingSettings settings, ObjectStore store, TopicLog log, Clock clock,
            Supplier<String> attempts, LandingWatch watch) {
        this.settings = settings;
        this.store = store;
        this.log = log;
        this.clock = clock;
        this.attempts = attempts;
        budget = new MemoryBudget(settings.spoolMemoryBytes());
        chain = new Chain(settings, store, log);
        events = watch.events();
        time = new DeliveryTime(clock, watch.deliveryLimit());
        committer = new Committer(settings, store, log, chain);
    }
}
