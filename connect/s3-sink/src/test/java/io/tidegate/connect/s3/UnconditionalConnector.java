package io.tidegate.connect.s3;

import io.tidegate.connect.s3.core.ByteContent;
import io.tidegate.connect.s3.core.Content;
import io.tidegate.connect.s3.core.Delivery;
import io.tidegate.connect.s3.core.ObjectStore;
import java.util.Optional;

/** Writes its manifests without {@code If-None-Match}, and claims that it had been heeded. */
public final class UnconditionalConnector extends MutantConnector {
    public UnconditionalConnector() {
        super(UnconditionalTask.class);
    }

    /** The task that does so. */
    public static final class UnconditionalTask extends MutantTask {
        public UnconditionalTask() {
            super(new S3SinkTask((store, layout) -> new UnconditionalStore(store)));
        }
    }

    private record UnconditionalStore(ObjectStore store) implements ObjectStore {
        @Override
        public boolean putIfAbsent(String key, byte[] bytes) {
            store.put(key, new ByteContent(bytes));
            return true;
        }

        @Override
        public Delivery delivery() {
            return Delivery.EXACTLY_ONCE;
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
}
