package io.tidegate.connect.s3.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.connect.s3.core.ByteContent;
import io.tidegate.connect.s3.core.Delivery;
import io.tidegate.connect.s3.core.LandingError;
import io.tidegate.connect.s3.core.LandingError.Refused;
import io.tidegate.connect.s3.core.LandingError.Unavailable;
import io.tidegate.connect.s3.core.Layout;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
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
        store = new S3ObjectStore(S3Clients.connect(s3.settings()), "raw");
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
        "500, InternalError, Unavailable",
        "503, SlowDown, Unavailable",
        "429, TooManyRequests, Unavailable",
        "400, RequestTimeout, Unavailable",
        "403, AccessDenied, Refused",
        "404, NoSuchBucket, Refused",
        "400, InvalidRequest, Refused",
        "501, NotImplemented, Refused",
    })
    void errorsAreSortedByWhetherTheyMayHeal(int status, String code, String kind) {
        s3.answer(status, code);
        LandingError error = assertThrows(LandingError.class,
                () -> store.put("orders/a", new ByteContent(BODY)));
        assertEquals(kind, error.getClass().getSimpleName());
        assertEquals("PUT s3://raw/orders/a: HTTP " + status + " " + code, error.getMessage());
    }

    @Test
    void aMissingBucketIsNotAMissingObject() {
        s3.answer(404, "NoSuchBucket");
        assertThrows(Refused.class, () -> store.get("a"));
    }

    @Test
    void aStoreThatDoesNotListenMayHeal() {
        URI nobody = s3.endpoint();
        s3.close();
        try (S3ObjectStore away = new S3ObjectStore(S3Clients.connect(new S3Settings("raw",
                Optional.of(nobody), "us-east-1", true,
                Optional.of(new S3Settings.Credentials("id", "secret")),
                Duration.ofSeconds(5))), "raw")) {
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
