package io.tidegate.connect.s3.store;

import io.tidegate.connect.s3.core.ByteContent;
import io.tidegate.connect.s3.core.Content;
import io.tidegate.connect.s3.core.Delivery;
import io.tidegate.connect.s3.core.LandingError;
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
    private final S3Settings settings;
    private final StoreEvents events;

    /** Opens no connection yet. */
    public S3ObjectStore(S3Settings settings, StoreEvents events) {
        client = S3Clients.connect(settings, events::repeated);
        bucket = settings.bucket();
        this.settings = settings;
        this.events = events;
    }

    /** Nobody watches. */
    public S3ObjectStore(S3Settings settings) {
        this(settings, StoreEvents.UNWATCHED);
    }

    /** A small content (a hint, a probe) is neither slow nor worth a storage class of its own. */
    @Override
    public String put(String key, Content content) {
        PutObjectRequest.Builder request = put(key);
        if (!(content instanceof ByteContent)) {
            settings.storing().storageClass().ifPresent(request::storageClass);
            request.overrideConfiguration(o ->
                    o.apiCallTimeout(settings.timeouts().upload()));
        }
        return call("PUT", key, () -> client.putObject(request.build(), body(content)).eTag())
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
            throw failed("PUT If-None-Match", key, e);
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
        PutObjectRequest.Builder request = PutObjectRequest.builder().bucket(bucket).key(key);
        settings.storing().encryption().ifPresent(request::serverSideEncryption);
        settings.storing().kmsKeyId().ifPresent(request::ssekmsKeyId);
        return request;
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
            throw failed(action, key, e);
        }
    }

    private LandingError failed(String action, String key, SdkException e) {
        events.failed(S3Errors.kind(e));
        return S3Errors.sorted(action, "s3://" + bucket + "/" + key, e);
    }

    private static boolean isBucketMissing(SdkException e) {
        return e instanceof software.amazon.awssdk.services.s3.model.NoSuchBucketException;
    }
}
