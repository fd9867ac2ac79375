package io.tidegate.connect.s3.core;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** Stores whose answers lead the sink to what it would do without one of its mechanisms. */
final class BrokenStore {
    private BrokenStore() {}

    /** The listing that begins at the hint shows the hinted manifest alone. */
    static ObjectStore whereListingsBehindTheHintEndAtIt(ObjectStore store) {
        return answering(store, (call, answer) -> {
            if (call.method().equals("list") && call.key().contains("/_manifest/")
                    && call.arguments()[1].toString().endsWith(".jso")
                    && answer instanceof ObjectStore.Page page && !page.keys().isEmpty()) {
                return new ObjectStore.Page(List.of(page.keys().get(0)), false);
            }
            return answer;
        });
    }

    /** Each manifest that is read back looks like another writer's. */
    static ObjectStore whereNoManifestIsOnesOwn(ObjectStore store) {
        return answering(store, (call, answer) -> {
            if (call.method().equals("get") && call.key().matches(".*/_manifest/[^_]+/[0-9]+/.*")
                    && answer instanceof Optional<?> found && found.isPresent()) {
                Manifest read = ManifestJson.read(call.key(), (byte[]) found.get());
                return Optional.of(ManifestJson.write(anothers(read)));
            }
            return answer;
        });
    }

    private static Manifest anothers(Manifest read) {
        ObjectFacts o = read.object();
        return new Manifest(read.source(), new ObjectFacts(o.dataKey() + "-", o.attempt(),
                o.compression(), o.sha256(), o.bytes(), o.lineBytes(), o.valueBytes(), o.span(),
                o.minTimestamp(), o.maxTimestamp(), o.landedAt()), read.etag(), read.chain());
    }

    private record Asked(String method, String key, Object[] arguments) {}

    private static ObjectStore answering(
            ObjectStore store, BiFunction<Asked, Object, Object> change) {
        return (ObjectStore) Proxy.newProxyInstance(BrokenStore.class.getClassLoader(),
                new Class<?>[] {ObjectStore.class}, (proxy, method, arguments) ->
                        change.apply(asked(method, arguments), invoke(store, method, arguments)));
    }

    private static Asked asked(Method method, Object[] arguments) {
        return new Asked(method.getName(),
                arguments == null ? "" : arguments[0].toString(), arguments);
    }

    private static Object invoke(ObjectStore store, Method method, Object[] arguments)
            throws Throwable {
        try {
            return method.invoke(store, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
