package io.tidegate.connect.s3.store;

import io.tidegate.connect.s3.core.ByteContent;
import io.tidegate.connect.s3.core.Content;
import io.tidegate.connect.s3.core.Delivery;
import io.tidegate.connect.s3.core.ObjectStore;
import java.util.Optional;

/**
 * A store without conditional writes: looks first, then puts.
 *
 * <p>Two writers may look at the same moment, so this promises at-least-once and says so in every
 * manifest.
 */
public final class CheckThenPutStore implements ObjectStore {
    private final ObjectStore store;

    public CheckThenPutStore(ObjectStore store) {
        this.store = store;
    }

    @Override
    public boolean putIfAbsent(String key, byte[] bytes) {
        if (store.get(key).isPresent()) {
            return false;
        }
        store.put(key, new ByteContent(bytes));
        return true;
    }

    @Override
    public Delivery delivery() {
        return Delivery.AT_LEAST_ONCE;
    }

    @Override
    public String put(String key, Content content) {
        return store.put(key, content);
    }

    @Override
    public Optional<byte[]> get(String key) {
        return store.get(key);
    }

    @Override
    public Page list(String prefix, String startAfter) {
        return store.list(prefix, startAfter);
    }

    @Override
    public void delete(String key) {
        store.delete(key);
    }
}
