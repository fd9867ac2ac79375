package io.tidegate.connect.s3.store;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** Speaks just enough S3 over HTTP to answer PUT, GET and DELETE, and any error on request. */
public final class StubS3 implements AutoCloseable {
    /** An answer instead of the ordinary one. */
    public record Answer(int status, String code) {}

    private final HttpServer server;
    private final Map<String, byte[]> objects = new ConcurrentHashMap<>();
    private volatile Function<String, Optional<Answer>> faults = method -> Optional.empty();
    private volatile boolean honoursConditions = true;

    public StubS3() throws IOException {
        server = HttpServer.create(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.start();
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    public S3Settings settings() {
        return new S3Settings("raw", Optional.of(endpoint()), "us-east-1", true,
                Optional.of(new S3Settings.Credentials("id", "secret")), Duration.ofSeconds(5));
    }

    /** Every request is answered like this from now on. */
    public void answer(int status, String code) {
        faults = method -> Optional.of(new Answer(status, code));
    }

    public void ignoreConditions() {
        honoursConditions = false;
    }

    public int size() {
        return objects.size();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            Optional<Answer> fault = faults.apply(exchange.getRequestMethod());
            if (fault.isPresent()) {
                fail(exchange, fault.get());
                return;
            }
            String key = exchange.getRequestURI().getPath();
            switch (exchange.getRequestMethod()) {
                case "PUT" -> put(exchange, key, body);
                case "GET" -> get(exchange, key);
                default -> {
                    objects.remove(key);
                    exchange.sendResponseHeaders(204, -1);
                }
            }
        }
    }

    private void put(HttpExchange exchange, String key, byte[] body) throws IOException {
        boolean conditional = exchange.getRequestHeaders().containsKey("If-None-Match");
        if (conditional && honoursConditions && objects.containsKey(key)) {
            fail(exchange, new Answer(412, "PreconditionFailed"));
            return;
        }
        objects.put(key, body);
        exchange.getResponseHeaders().set("ETag", "\"etag" + body.length + "\"");
        exchange.sendResponseHeaders(200, -1);
    }

    private void get(HttpExchange exchange, String key) throws IOException {
        byte[] body = objects.get(key);
        if (body == null) {
            fail(exchange, new Answer(404, "NoSuchKey"));
            return;
        }
        exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    private static void fail(HttpExchange exchange, Answer answer) throws IOException {
        byte[] body = ("<Error><Code>" + answer.code() + "</Code></Error>")
                .getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(answer.status(), body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
