package io.tidegate.connect.s3.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.tidegate.connect.s3.core.LandingError.Refused;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Without keys in the config the worker's own identity signs, from each place AWS knows. */
class CredentialChainTest {
    private static final Pattern SIGNER = Pattern.compile("Credential=([^/]+)/");
    private static final String EXPIRY = "2099-01-01T00:00:00Z";

    @TempDir
    private Path folder;
    private final Map<String, String> before = new HashMap<>();
    private StubS3 s3;
    private HttpServer aws;

    @BeforeEach
    void start() throws IOException {
        s3 = new StubS3();
        aws = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        aws.start();
        // Nothing of the machine that runs the tests.
        set("aws.sharedCredentialsFile", folder.resolve("none").toString());
        set("aws.configFile", folder.resolve("none").toString());
        set("aws.disableEc2Metadata", "true");
    }

    @AfterEach
    void stop() {
        before.forEach((key, value) -> {
            if (value == null) {
                System.clearProperty(key);
            } else {
                System.setProperty(key, value);
            }
        });
        aws.stop(0);
        s3.close();
    }

    private void set(String key, String value) {
        before.putIfAbsent(key, System.getProperty(key));
        System.setProperty(key, value);
    }

    private void awsAnswers(String path, String body) {
        aws.createContext(path, exchange -> {
            try (exchange) {
                exchange.getRequestBody().readAllBytes();
                byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, bytes.length);
                exchange.getResponseBody().write(bytes);
            }
        });
    }

    private String address() {
        return "http://127.0.0.1:" + aws.getAddress().getPort();
    }

    private S3ObjectStore store() {
        S3Settings with = s3.settings();
        return new S3ObjectStore(new S3Settings(with.bucket(), with.endpoint(), with.region(),
                true, Optional.empty(), with.timeouts(), with.storing()));
    }

    /** The access key id that signed a request. */
    private String signer() {
        try (S3ObjectStore store = store()) {
            store.delete("anything");
        }
        Matcher found = SIGNER.matcher(
                s3.requests().get(0).headers().getFirst("Authorization"));
        assertTrue(found.find());
        return found.group(1);
    }

    @Test
    void systemProperties() {
        set("aws.accessKeyId", "from-property");
        set("aws.secretAccessKey", "x");
        assertEquals("from-property", signer());
    }

    @Test
    void sharedProfile() throws IOException {
        Path file = Files.writeString(folder.resolve("credentials"), """
                [default]
                aws_access_key_id = from-profile
                aws_secret_access_key = x
                """);
        set("aws.sharedCredentialsFile", file.toString());
        assertEquals("from-profile", signer());
    }

    @Test
    void webIdentity() throws IOException {
        awsAnswers("/", """
                <AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>
                <AccessKeyId>from-web-identity</AccessKeyId><SecretAccessKey>x</SecretAccessKey>
                <SessionToken>t</SessionToken><Expiration>%s</Expiration>
                </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
                """.formatted(EXPIRY));
        set("aws.webIdentityTokenFile",
                Files.writeString(folder.resolve("token"), "a.b.c").toString());
        set("aws.roleArn", "arn:aws:iam::123456789012:role/landing");
        set("aws.region", "us-east-1");
        set("aws.endpointUrlSts", address());
        assertEquals("from-web-identity", signer());
    }

    @Test
    void instance() {
        awsAnswers("/latest/api/token", "token");
        awsAnswers("/latest/meta-data/iam/security-credentials", "landing-role");
        awsAnswers("/latest/meta-data/iam/security-credentials/landing-role", """
                {"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"from-instance",
                "SecretAccessKey":"x","Token":"t","LastUpdated":"2026-01-01T00:00:00Z",
                "Expiration":"%s"}""".formatted(EXPIRY));
        set("aws.disableEc2Metadata", "false");
        set("aws.ec2MetadataServiceEndpoint", address());
        assertEquals("from-instance", signer());
    }

    @Test
    void withoutAnyOfThemTheKeyToSetIsNamed() {
        try (S3ObjectStore store = store()) {
            String message =
                    assertThrows(Refused.class, () -> store.delete("a")).getMessage();
            assertTrue(message.endsWith("; look at s3.access.key.id"), message);
            assertEquals(1, message.lines().count());
        }
    }
}
