package io.tidegate.connect.s3.store;

import io.tidegate.connect.s3.core.ByteContent;
import io.tidegate.connect.s3.core.Content;
import io.tidegate.connect.s3.core.Delivery;
import io.tidegate.connect.s3.core.ObjectStore;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Object;

/** The bucket through the AWS SDK. */
public final class S3ObjectStore implements ObjectStore, AutoCloseable {
    private static final String ANYTHING = "*";
    private static final String BINARY = "application/octet-stream";

    private final S3Client client;
    private final String bucket;

    public S3ObjectStore(S3Client client, String bucket) {
        this.client = client;
        this.bucket = bucket;
    }

    @Override
    public String put(String key, Content content) {
        return call("PUT", key, () -> client.putObject(put(key).build(), body(content)).eTag())
                .replace("\"", "");
    }

    /** 412 is "something is there"; 409 is "somebody is just putting": both are answered false. */
    @Override
    public boolean putIfAbsent(String key, byte[] bytes) {
        PutObjectRequest request = put(key).ifNoneMatch(ANYTHING).build();
        try {
            client.putObject(request, body(new ByteContent(bytes)));
            return true;
        } catch (SdkException e) {
            int status = S3Errors.status(e);
            if (status == S3Errors.PRECONDITION_FAILED || status == S3Errors.CONFLICT) {
                return false;
            }
            throw S3Errors.sorted("PUT If-None-Match", place(key), e);
        }
    }

    @Override
    public Optional<byte[]> get(String key) {
        return call("GET", key, () -> {
            try {
                return Optional.of(client.getObjectAsBytes(r -> r.bucket(bucket).key(key))
                        .asByteArrayUnsafe());
            } catch (SdkException e) {
                if (S3Errors.status(e) == S3Errors.NOT_FOUND && !isBucketMissing(e)) {
                    return Optional.empty();
                }
                throw e;
            }
        });
    }

    @Override
    public Page list(String prefix, String startAfter) {
        ListObjectsV2Response answer = call("LIST", prefix, () ->
                client.listObjectsV2(r -> r.bucket(bucket).prefix(prefix).startAfter(startAfter)));
        List<String> keys = answer.contents().stream().map(S3Object::key).toList();
        return new Page(keys, Boolean.TRUE.equals(answer.isTruncated()));
    }

    @Override
    public void delete(String key) {
        call("DELETE", key, () -> client.deleteObject(r -> r.bucket(bucket).key(key)));
    }

    @Override
    public Delivery delivery() {
        return Delivery.EXACTLY_ONCE;
    }

    @Override
    public void close() {
        client.close();
    }

    private PutObjectRequest.Builder put(String key) {
        return PutObjectRequest.builder().bucket(bucket).key(key);
    }

    /** A body that the SDK can read again when it retries. */
    private static RequestBody body(Content content) {
        ContentStreamProvider again = content::open;
        return RequestBody.fromContentProvider(again, content.length(), BINARY);
    }

    private <T> T call(String action, String key, Supplier<T> request) {
        try {
            return request.get();
        } catch (SdkException e) {
            throw S3Errors.sorted(action, place(key), e);
        }
    }

    private static boolean isBucketMissing(SdkException e) {
        return e instanceof software.amazon.awssdk.services.s3.model.NoSuchBucketException;
    }

    private String place(String key) {
        return "s3://" + bucket + "/" + key;
    }
}
