package io.tidegate.connect.s3.store;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * How to reach the bucket, and how to store into it.
 *
 * @param endpoint empty: AWS itself
 * @param credentials empty: the AWS default chain (environment, web identity, profile, instance)
 */
public record S3Settings(
        String bucket,
        Optional<URI> endpoint,
        String region,
        boolean pathStyle,
        Optional<Credentials> credentials,
        Timeouts timeouts,
        Storing storing) {
    /** An access key; never printed. */
    public record Credentials(String accessKeyId, String secretAccessKey) {
        @Override
        public String toString() {
            return "Credentials[hidden]";
        }
    }

    /**
     * How long one request may take with all of its retries.
     *
     * @param call everything that is small
     * @param upload a data object
     */
    public record Timeouts(Duration call, Duration upload) {}

    /**
     * What every PUT asks of the store.
     *
     * @param encryption server-side encryption: {@code AES256}, {@code aws:kms}; empty: none asked
     * @param kmsKeyId empty: the store's default key
     * @param storageClass of data objects alone; empty: the bucket's own
     */
    public record Storing(
            Optional<String> encryption,
            Optional<String> kmsKeyId,
            Optional<String> storageClass) {
        public static final Storing AS_IT_COMES =
                new Storing(Optional.empty(), Optional.empty(), Optional.empty());
    }
}
