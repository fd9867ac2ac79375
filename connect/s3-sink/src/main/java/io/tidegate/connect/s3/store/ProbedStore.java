package io.tidegate.connect.s3.store;

import io.tidegate.connect.s3.core.Content;
import io.tidegate.connect.s3.core.Delivery;
import io.tidegate.connect.s3.core.Layout;
import io.tidegate.connect.s3.core.ObjectStore;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store whose promise is found out at its first use.
 *
 * <p>At first use rather than at the start of the task: a store that is away for a moment then
 * delays the task like any other outage instead of failing it.
 */
public final class ProbedStore implements ObjectStore {
    private static final Logger LOG = LoggerFactory.getLogger(ProbedStore.class);

    private final ObjectStore store;
    private final Layout layout;
    private ObjectStore chosen;

    public ProbedStore(ObjectStore store, Layout layout) {
        this.store = store;
        this.layout = layout;
    }

    private ObjectStore chosen() {
        if (chosen == null) {
            chosen = ConditionalWriteProbe.works(store, layout)
                    ? store
                    : new CheckThenPutStore(store);
            tell(chosen.delivery());
        }
        return chosen;
    }

    private static void tell(Delivery delivery) {
        if (delivery == Delivery.EXACTLY_ONCE) {
            LOG.info("the store honours If-None-Match: landing is {}", delivery.wireName());
        } else {
            LOG.warn("s3.endpoint: the store ignores If-None-Match: landing is {}; tasks that"
                    + " overlap may land a record twice, and every manifest says so",
                    delivery.wireName());
        }
    }

    @Override
    public String put(String key, Content content) {
        return chosen().put(key, content);
    }

    @Override
    public boolean putIfAbsent(String key, byte[] bytes) {
        return chosen().putIfAbsent(key, bytes);
    }

    @Override
    public Optional<byte[]> get(String key) {
        return chosen().get(key);
    }

    @Override
    public Page list(String prefix, String startAfter) {
        return chosen().list(prefix, startAfter);
    }

    @Override
    public void delete(String key) {
        chosen().delete(key);
    }

    @Override
    public Delivery delivery() {
        return chosen().delivery();
    }
}
