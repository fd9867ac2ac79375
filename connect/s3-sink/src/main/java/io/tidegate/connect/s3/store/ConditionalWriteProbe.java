package io.tidegate.connect.s3.store;

import io.tidegate.connect.s3.core.LandingError;
import io.tidegate.connect.s3.core.Layout;
import io.tidegate.connect.s3.core.ObjectStore;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;

/** Asks the store, by doing it, whether it honours {@code If-None-Match: *}. */
public final class ConditionalWriteProbe {
    private static final Logger LOG = LoggerFactory.getLogger(ConditionalWriteProbe.class);
    private static final byte[] BODY = "probe\n".getBytes(StandardCharsets.US_ASCII);

    private ConditionalWriteProbe() {}

    /**
     * Puts one object twice: a store that works refuses the second.
     *
     * <p>The first answer says nothing: after a lost reply the client's own retry is refused. A
     * bad result is asked for again, because a whole task would land under it.
     */
    public static boolean works(ObjectStore store, Layout layout) {
        return refusesSecond(store, layout) || refusesSecond(store, layout);
    }

    private static boolean refusesSecond(ObjectStore store, Layout layout) {
        String key = layout.base() + "_tidegate/probe-" + UUID.randomUUID();
        try {
            store.putIfAbsent(key, BODY);
            return !store.putIfAbsent(key, BODY);
        } catch (LandingError.Refused e) {
            if (e.getCause() instanceof SdkException sdk && S3Errors.isUnknownCondition(sdk)) {
                return false;
            }
            throw e;
        } finally {
            remove(store, key);
        }
    }

    private static void remove(ObjectStore store, String key) {
        try {
            store.delete(key);
        } catch (LandingError e) {
            LOG.warn("probe object left behind: {}: {}", key, e.getMessage());
        }
    }
}
