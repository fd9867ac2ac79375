package io.tidegate.connect.s3.store;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** Speaks just enough S3 over HTTP for the sink, and any error on request. */
public final class StubS3 implements AutoCloseable {
    /** What goes wrong with a request. */
    public sealed interface Fault permits Answer, Broken {}

    /** An answer instead of the ordinary one. */
    public record Answer(int status, String code) implements Fault {}

    /** No answer at all. */
    public enum Broken implements Fault {
        /** The request is not even read; the connection stays open. */
        HANG,
        /** It is carried out, then the connection is closed without a word. */
        RESET_AFTER_SUCCESS
    }

    /** A request as it arrived. */
    public record Seen(String method, String key, Headers headers) {}

    private static final int ANY_PORT = 0;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final ConcurrentSkipListMap<String, byte[]> objects = new ConcurrentSkipListMap<>();
    private final List<Seen> requests = new CopyOnWriteArrayList<>();
    private volatile Function<String, Optional<Fault>> faults = method -> Optional.empty();
    private volatile boolean honoursConditions = true;

    public StubS3() throws IOException {
        this(ANY_PORT);
    }

    private StubS3(int port) throws IOException {
        server = HttpServer.create(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    /** The same store at the same address after it had been away. */
    public StubS3 back() throws IOException {
        StubS3 again = new StubS3(server.getAddress().getPort());
        again.objects.putAll(objects);
        return again;
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    public S3Settings settings() {
        Duration limit = Duration.ofSeconds(5);
        return settings(new S3Settings.Timeouts(limit, limit), S3Settings.Storing.AS_IT_COMES);
    }

    public S3Settings settings(S3Settings.Timeouts timeouts, S3Settings.Storing storing) {
        return new S3Settings("raw", Optional.of(endpoint()), "us-east-1", true,
                Optional.of(new S3Settings.Credentials("id", "secret")), timeouts, storing);
    }

    /** Every request is answered like this from now on. */
    public void answer(int status, String code) {
        faults = method -> Optional.of(new Answer(status, code));
    }

    /** Requests of this method go wrong like this from now on. */
    public void fault(String method, Fault fault) {
        faults = now -> Optional.of(fault).filter(any -> now.equals(method));
    }

    public void everything(Fault fault) {
        faults = now -> Optional.of(fault);
    }

    public void heal() {
        faults = method -> Optional.empty();
    }

    public void ignoreConditions() {
        honoursConditions = false;
    }

    public int size() {
        return objects.size();
    }

    /** Keys without their bucket. */
    public List<String> keys() {
        return objects.keySet().stream().map(path -> path.substring("/raw/".length())).toList();
    }

    public byte[] object(String key) {
        return objects.get("/raw/" + key);
    }

    public List<Seen> requests() {
        return requests;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            String key = exchange.getRequestURI().getPath();
            requests.add(new Seen(method, key, exchange.getRequestHeaders()));
            Fault fault = faults.apply(method).orElse(null);
            if (fault == Broken.HANG) {
                hang();
                return;
            }
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (fault instanceof Answer answer) {
                fail(exchange, answer);
            } else if (fault == Broken.RESET_AFTER_SUCCESS && method.equals("PUT")) {
                store(exchange, key, body);
            } else {
                answer(exchange, key, body);
            }
        }
    }

    private void hang() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void answer(HttpExchange exchange, String key, byte[] body) throws IOException {
        switch (exchange.getRequestMethod()) {
            case "PUT" -> put(exchange, key, body);
            case "GET" -> get(exchange, key);
            default -> {
                objects.remove(key);
                exchange.sendResponseHeaders(204, -1);
            }
        }
    }

    /** False when the condition does not hold. */
    private boolean store(HttpExchange exchange, String key, byte[] body) {
        boolean conditional = exchange.getRequestHeaders().containsKey("If-None-Match");
        if (conditional && honoursConditions && objects.containsKey(key)) {
            return false;
        }
        objects.put(key, body);
        return true;
    }

    private void put(HttpExchange exchange, String key, byte[] body) throws IOException {
        if (!store(exchange, key, body)) {
            fail(exchange, new Answer(412, "PreconditionFailed"));
            return;
        }
        exchange.getResponseHeaders().set("ETag", "\"etag" + body.length + "\"");
        exchange.sendResponseHeaders(200, -1);
    }

    private void get(HttpExchange exchange, String key) throws IOException {
        String query = exchange.getRequestURI().getRawQuery();
        byte[] body = query != null && query.contains("list-type=2")
                ? list(parameter(query, "prefix"), parameter(query, "start-after"))
                : objects.get(key);
        if (body == null) {
            fail(exchange, new Answer(404, "NoSuchKey"));
            return;
        }
        exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    private byte[] list(String prefix, String startAfter) {
        StringBuilder found = new StringBuilder("<ListBucketResult><IsTruncated>false</IsTruncated>");
        keys().stream()
                .filter(key -> key.startsWith(prefix) && key.compareTo(startAfter) > 0)
                .forEach(key -> found.append("<Contents><Key>").append(key)
                        .append("</Key></Contents>"));
        return found.append("</ListBucketResult>").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String parameter(String query, String name) {
        return Arrays.stream(query.split("&")).filter(pair -> pair.startsWith(name + "="))
                .map(pair -> URLDecoder.decode(
                        pair.substring(name.length() + 1), StandardCharsets.UTF_8))
                .findFirst().orElse("");
    }

    private static void fail(HttpExchange exchange, Answer answer) throws IOException {
        byte[] body = ("<Error><Code>" + answer.code() + "</Code></Error>")
                .getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(answer.status(), body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
