package io.tidegate.connect.s3.store;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/** Which config key to look at, by the store's answer. */
public final class StoreKeys {
    static final String ENDPOINT = "s3.endpoint";
    private static final String BUCKET = "s3.bucket";
    private static final String REGION = "s3.region";
    private static final String CREDENTIALS = "s3.access.key.id";
    private static final String KMS_KEY = "s3.sse.kms.key.id";

    /** By S3's error code, the more telling half of an answer. */
    private static final Map<String, String> BY_CODE = Map.ofEntries(
            Map.entry("NoSuchBucket", BUCKET),
            Map.entry("InvalidBucketName", BUCKET),
            Map.entry("PermanentRedirect", REGION),
            Map.entry("AuthorizationHeaderMalformed", REGION),
            Map.entry("IllegalLocationConstraintException", REGION),
            Map.entry("InvalidStorageClass", "s3.storage.class"),
            Map.entry("InvalidEncryptionAlgorithmError", "s3.sse"),
            Map.entry("KMS.DisabledException", KMS_KEY),
            Map.entry("KMS.NotFoundException", KMS_KEY),
            Map.entry("EntityTooLarge", "rotate.bytes"),
            Map.entry("InvalidIdentityToken", CREDENTIALS));
    /** By status, for stores with codes of their own. */
    private static final Map<Integer, String> BY_STATUS = Map.of(
            301, REGION,
            307, REGION,
            401, CREDENTIALS,
            403, CREDENTIALS,
            404, BUCKET);

    private StoreKeys() {}

    /** The key; without any answer, a refusal can only be about missing credentials. */
    public static String of(SdkException e) {
        if (!(e instanceof AwsServiceException answer)) {
            return CREDENTIALS;
        }
        String key = BY_CODE.get(S3Errors.code(answer));
        return key != null ? key : BY_STATUS.getOrDefault(answer.statusCode(), ENDPOINT);
    }

    /** Every key that {@link #of} can name. */
    public static Set<String> all() {
        Set<String> keys = new TreeSet<>(BY_CODE.values());
        keys.addAll(BY_STATUS.values());
        keys.add(ENDPOINT);
        return keys;
    }
}
