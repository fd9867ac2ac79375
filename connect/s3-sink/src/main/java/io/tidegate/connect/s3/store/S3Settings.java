package io.tidegate.connect.s3.store;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * How to reach the bucket.
 *
 * @param endpoint empty: AWS itself
 * @param credentials empty: the AWS default chain (environment, profile, instance role)
 * @param callTimeout for one call with all of its retries
 */
public record S3Settings(
        String bucket,
        Optional<URI> endpoint,
        String region,
        boolean pathStyle,
        Optional<Credentials> credentials,
        Duration callTimeout) {
    /** An access key; never printed. */
    public record Credentials(String accessKeyId, String secretAccessKey) {
        @Override
        public String toString() {
            return "Credentials[hidden]";
        }
    }
}
