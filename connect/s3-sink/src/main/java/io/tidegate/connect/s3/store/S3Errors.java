package io.tidegate.connect.s3.store;

import io.tidegate.connect.s3.core.LandingError;
import io.tidegate.connect.s3.core.LandingError.Refused;
import io.tidegate.connect.s3.core.LandingError.Unavailable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Sorts the SDK's errors into those that may heal and those that do not. */
final class S3Errors {
    static final int NOT_FOUND = 404;
    static final int CONFLICT = 409;
    static final int PRECONDITION_FAILED = 412;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int SERVER_ERROR = 500;
    private static final int NOT_IMPLEMENTED = 501;

    /** Codes under a 4xx status that S3 documents as worth a retry. */
    private static final Set<String> TRANSIENT_CODES =
            Set.of("RequestTimeout", "RequestTimeTooSkewed", "SlowDown", "OperationAborted");

    private S3Errors() {}

    /** The error to throw; its message names the action, the place and the cause. */
    static LandingError sorted(String action, String place, SdkException e) {
        String message = action + " " + place + ": " + cause(e);
        return mayHeal(e) ? new Unavailable(message, e) : new Refused(message, e);
    }

    static int status(SdkException e) {
        return e instanceof S3Exception s3 ? s3.statusCode() : 0;
    }

    /** Whether the store does not know the header of a conditional write. */
    static boolean isUnknownCondition(SdkException e) {
        return status(e) == NOT_IMPLEMENTED;
    }

    private static boolean mayHeal(SdkException e) {
        if (e instanceof S3Exception s3) {
            int status = s3.statusCode();
            return status >= SERVER_ERROR && status != NOT_IMPLEMENTED
                    || status == TOO_MANY_REQUESTS
                    || TRANSIENT_CODES.contains(code(s3));
        }
        return e instanceof ApiCallTimeoutException
                || e instanceof ApiCallAttemptTimeoutException
                || e instanceof AbortedException
                || causedByInputOrOutput(e);
    }

    private static boolean causedByInputOrOutput(Throwable e) {
        for (Throwable at = e; at != null; at = at.getCause()) {
            if (at instanceof IOException || at instanceof UncheckedIOException) {
                return true;
            }
        }
        return false;
    }

    private static String cause(SdkException e) {
        if (e instanceof S3Exception s3) {
            return "HTTP " + s3.statusCode() + " " + code(s3);
        }
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getClass().getSimpleName() + ": " + root.getMessage();
    }

    private static String code(S3Exception e) {
        return e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null
                ? "(no error code)"
                : e.awsErrorDetails().errorCode();
    }
}
