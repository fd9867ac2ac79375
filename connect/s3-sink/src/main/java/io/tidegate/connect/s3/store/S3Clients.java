package io.tidegate.connect.s3.store;

import java.time.Duration;
import java.util.function.IntConsumer;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;

/** Builds SDK clients that also S3-compatible stores understand. */
final class S3Clients {
    private static final Duration CONNECT = Duration.ofSeconds(5);

    private S3Clients() {}

    /**
     * @param retries told of each request how often the SDK repeated it, if it did
     */
    static S3Client connect(S3Settings settings, IntConsumer retries) {
        S3ClientBuilder builder = S3Client.builder()
                .region(Region.of(settings.region()))
                .credentialsProvider(credentials(settings))
                .serviceConfiguration(S3Configuration.builder()
                        .pathStyleAccessEnabled(settings.pathStyle())
                        // HttpURLConnection mistakes a refusal before the body for a broken link.
                        .expectContinueEnabled(false)
                        // One signature over a body of known length: all stores read that.
                        .chunkedEncodingEnabled(false)
                        .build())
                // Older stores refuse the checksums that the SDK adds by default since 2.30.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                // Three attempts with back-off and jitter, cut off as a whole by the call's limit.
                .overrideConfiguration(o -> o.retryStrategy(RetryMode.STANDARD)
                        .addMetricPublisher(new RetryCount(retries))
                        .apiCallTimeout(settings.timeouts().call()))
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECT)
                        .socketTimeout(settings.timeouts().upload()));
        settings.endpoint().ifPresent(builder::endpointOverride);
        return builder.build();
    }

    private static AwsCredentialsProvider credentials(S3Settings settings) {
        return settings.credentials()
                .<AwsCredentialsProvider>map(c -> StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(c.accessKeyId(), c.secretAccessKey())))
                .orElseGet(() -> DefaultCredentialsProvider.builder().build());
    }
}
