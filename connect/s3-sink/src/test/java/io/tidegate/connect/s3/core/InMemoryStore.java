package io.tidegate.connect.s3.core;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/** A bucket with conditional PUT, whose faults a test chooses call by call. */
final class InMemoryStore implements ObjectStore {
    /** What happens to one call. */
    enum Fault {
        NONE,
        /** Nothing happens and the caller gets an error. */
        BEFORE,
        /** It happens, yet the caller gets an error: the reply is lost. */
        AFTER,
        /** The caller gets an error, and it happens later, when {@link #late} is run. */
        LATE
    }

    enum Call {
        PUT,
        PUT_IF_ABSENT,
        GET,
        LIST,
        DELETE
    }

    /** Between the task and the bucket: a test may also run others here, or wait. */
    interface Faults {
        Fault next(Call call, String key);

        /** The call has taken effect; the caller does not know yet. */
        default void applied(Call call, String key) {}
    }

    private static final int PAGE = 10;

    final TreeMap<String, byte[]> objects = new TreeMap<>();
    final List<String> calls = new ArrayList<>();
    /** Writes under way whose callers have given up. */
    final List<Runnable> late = new ArrayList<>();
    Faults faults = (call, key) -> Fault.NONE;
    /** Broken on purpose by tests that show what the condition is good for. */
    boolean honoursConditions = true;

    @Override
    public String put(String key, Content content) {
        byte[] bytes = bytes(content);
        return run(Call.PUT, key, () -> {
            objects.put(key, bytes);
            return Integer.toHexString(key.hashCode());
        });
    }

    @Override
    public boolean putIfAbsent(String key, byte[] bytes) {
        return run(Call.PUT_IF_ABSENT, key, () -> {
            if (honoursConditions && objects.containsKey(key)) {
                return false;
            }
            objects.put(key, bytes);
            return true;
        });
    }

    @Override
    public Optional<byte[]> get(String key) {
        return run(Call.GET, key, () -> Optional.ofNullable(objects.get(key)));
    }

    @Override
    public Page list(String prefix, String startAfter) {
        return run(Call.LIST, prefix, () -> {
            List<String> found = new ArrayList<>();
            for (String key : objects.tailMap(startAfter, false).keySet()) {
                if (key.startsWith(prefix)) {
                    found.add(key);
                } else if (key.compareTo(prefix) > 0) {
                    break;
                }
                if (found.size() > PAGE) {
                    return new Page(List.copyOf(found.subList(0, PAGE)), true);
                }
            }
            return new Page(found, false);
        });
    }

    @Override
    public void delete(String key) {
        run(Call.DELETE, key, () -> objects.remove(key));
    }

    @Override
    public Delivery delivery() {
        return Delivery.EXACTLY_ONCE;
    }

    private <T> T run(Call call, String key, Supplier<T> action) {
        calls.add(call + " " + key);
        Fault fault = faults.next(call, key);
        if (fault == Fault.LATE && call != Call.GET && call != Call.LIST) {
            late.add(action::get);
        }
        if (fault == Fault.BEFORE || fault == Fault.LATE) {
            throw new LandingError.Unavailable(call + " " + key + ": HTTP 503");
        }
        T answer = action.get();
        faults.applied(call, key);
        if (fault == Fault.AFTER) {
            throw new LandingError.Unavailable(call + " " + key + ": the reply was lost");
        }
        return answer;
    }

    private static byte[] bytes(Content content) {
        try (InputStream in = content.open()) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
