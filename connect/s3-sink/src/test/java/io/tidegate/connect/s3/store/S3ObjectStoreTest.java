package io.tidegate.connect.s3.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.connect.s3.core.ByteContent;
import io.tidegate.connect.s3.core.Content;
import io.tidegate.connect.s3.core.Delivery;
import io.tidegate.connect.s3.core.LandingError;
import io.tidegate.connect.s3.core.LandingError.Refused;
import io.tidegate.connect.s3.core.LandingError.Unavailable;
import io.tidegate.connect.s3.core.Layout;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The SDK's answers as the protocol understands them. */
class S3ObjectStoreTest {
    private static final byte[] BODY = "body".getBytes(StandardCharsets.UTF_8);

    private StubS3 s3;
    private S3ObjectStore store;

    @BeforeEach
    void start() throws IOException {
        s3 = new StubS3();
        store = new S3ObjectStore(s3.settings());
    }

    @AfterEach
    void stop() {
        store.close();
        s3.close();
    }

    @Test
    void whatIsPutCanBeRead() {
        assertEquals("etag4", store.put("a/b", new ByteContent(BODY)));
        assertEquals("body", new String(store.get("a/b").orElseThrow(), StandardCharsets.UTF_8));
        assertEquals(Optional.empty(), store.get("a/c"));
    }

    @Test
    void theSecondOfTwoConditionalPutsIsAnsweredFalse() {
        assertTrue(store.putIfAbsent("a", BODY));
        assertFalse(store.putIfAbsent("a", BODY));
    }

    @Test
    void aConflictIsAnsweredFalseBecauseSomebodyElseIsPutting() {
        s3.answer(409, "ConditionalRequestConflict");
        assertFalse(store.putIfAbsent("a", BODY));
    }

    @ParameterizedTest
    @CsvSource({
        "500, InternalError, Unavailable,",
        "503, SlowDown, Unavailable,",
        "429, TooManyRequests, Unavailable,",
        "400, RequestTimeout, Unavailable,",
        "403, AccessDenied, Refused, s3.access.key.id",
        "404, NoSuchBucket, Refused, s3.bucket",
        "301, PermanentRedirect, Refused, s3.region",
        "400, AuthorizationHeaderMalformed, Refused, s3.region",
        "400, InvalidStorageClass, Refused, s3.storage.class",
        "400, KMS.NotFoundException, Refused, s3.sse.kms.key.id",
        "400, InvalidRequest, Refused, s3.endpoint",
        "501, NotImplemented, Refused, s3.endpoint",
    })
    void errorsAreSortedByWhetherTheyMayHeal(int status, String code, String kind, String key) {
        s3.answer(status, code);
        LandingError error = assertThrows(LandingError.class,
                () -> store.put("orders/a", new ByteContent(BODY)));
        assertEquals(kind, error.getClass().getSimpleName());
        assertEquals("PUT s3://raw/orders/a: HTTP " + status + " " + code
                + (key == null ? "" : "; look at " + key), error.getMessage());
    }

    @Test
    void encryptionIsAskedForWithEveryPutAndAStorageClassForDataAlone() {
        S3Settings.Storing storing = new S3Settings.Storing(
                Optional.of("aws:kms"), Optional.of("key-1"), Optional.of("STANDARD_IA"));
        try (S3ObjectStore asking =
                new S3ObjectStore(s3.settings(s3.settings().timeouts(), storing))) {
            asking.put("data", data(3));
            asking.put("hint", new ByteContent(BODY));
            asking.putIfAbsent("manifest", BODY);
        }
        for (StubS3.Seen put : s3.requests()) {
            assertEquals("aws:kms", put.headers().getFirst("x-amz-server-side-encryption"));
            assertEquals("key-1",
                    put.headers().getFirst("x-amz-server-side-encryption-aws-kms-key-id"));
            assertEquals(put.key().endsWith("data") ? "STANDARD_IA" : null,
                    put.headers().getFirst("x-amz-storage-class"), put.key());
        }
        assertEquals(3, s3.requests().size());
    }

    @Test
    void nothingIsAskedForUnlessTheConfigAsks() {
        store.put("data", data(3));
        assertFalse(s3.requests().get(0).headers().keySet().stream().anyMatch(name ->
                name.toLowerCase(Locale.ROOT).matches("x-amz-(server-side|storage).*")));
    }

    @ParameterizedTest
    @CsvSource({"1", "100000000"}) // the second fills every buffer on the way
    void aStoreThatHangsIsLeftAtTheLimit(int bytes) {
        Duration limit = Duration.ofMillis(700);
        s3.everything(StubS3.Broken.HANG);
        try (S3ObjectStore hanging = new S3ObjectStore(s3.settings(
                new S3Settings.Timeouts(limit, limit), S3Settings.Storing.AS_IT_COMES))) {
            assertTimeout(Duration.ofSeconds(10), () -> {
                LandingError error = assertThrows(Unavailable.class,
                        () -> hanging.put("data", data(bytes)));
                assertTrue(error.getMessage().startsWith("PUT s3://raw/data: timeout"),
                        error.getMessage());
            });
        }
    }

    @Test
    void aLostReplyOfAConditionalPutLooksTaken() {
        s3.fault("PUT", StubS3.Broken.RESET_AFTER_SUCCESS);
        assertThrows(Unavailable.class, () -> store.putIfAbsent("a", BODY));
        s3.heal();
        assertFalse(store.putIfAbsent("a", BODY));
    }

    @Test
    void failuresAndTheSdksOwnRepetitionsAreCounted() {
        Map<String, Integer> kinds = new TreeMap<>();
        int[] repeated = {0};
        try (S3ObjectStore counted = new S3ObjectStore(s3.settings(), new StoreEvents() {
            @Override
            public void failed(String kind) {
                kinds.merge(kind, 1, Integer::sum);
            }

            @Override
            public void repeated(int times) {
                repeated[0] += times;
            }
        })) {
            s3.answer(500, "InternalError");
            assertThrows(Unavailable.class, () -> counted.get("a"));
            s3.answer(403, "AccessDenied");
            assertThrows(Refused.class, () -> counted.get("a"));
            s3.heal();
            counted.get("a"); // not there, which is no error
        }
        assertEquals(Map.of("HTTP 500 InternalError", 1, "HTTP 403 AccessDenied", 1), kinds);
        assertEquals(2, repeated[0]);
    }

    /** What a data object is to the store: long, and not a {@link ByteContent}. */
    private static Content data(int bytes) {
        return new Content() {
            @Override
            public long length() {
                return bytes;
            }

            @Override
            public InputStream open() {
                return new ByteArrayInputStream(new byte[bytes]);
            }
        };
    }

    @Test
    void aMissingBucketIsNotAMissingObject() {
        s3.answer(404, "NoSuchBucket");
        assertThrows(Refused.class, () -> store.get("a"));
    }

    @Test
    void aStoreThatDoesNotListenMayHeal() {
        s3.close();
        try (S3ObjectStore away = new S3ObjectStore(s3.settings())) {
            assertInstanceOf(Unavailable.class,
                    assertThrows(LandingError.class, () -> away.get("a")));
        }
    }

    @Test
    void theProbeTellsStoresApartAndTidiesUp() {
        Layout layout = Layout.under("");
        assertEquals(Delivery.EXACTLY_ONCE, new ProbedStore(store, layout).delivery());
        s3.ignoreConditions();
        assertEquals(Delivery.AT_LEAST_ONCE, new ProbedStore(store, layout).delivery());
        assertEquals(0, s3.size());
    }

    @Test
    void aStoreThatDoesNotKnowTheHeaderIsAtLeastOnce() {
        s3.answer(501, "NotImplemented");
        assertEquals(Delivery.AT_LEAST_ONCE,
                new ProbedStore(store, Layout.under("raw")).delivery());
    }

    @Test
    void secretsAreNotPrinted() {
        assertFalse(s3.settings().toString().contains("secret"));
    }
}
