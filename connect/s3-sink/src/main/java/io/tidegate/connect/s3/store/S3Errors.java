package io.tidegate.connect.s3.store;

import io.tidegate.connect.s3.core.LandingError;
import io.tidegate.connect.s3.core.LandingError.Refused;
import io.tidegate.connect.s3.core.LandingError.Unavailable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkException;

/** Sorts the SDK's errors into those that may heal and those that do not. */
final class S3Errors {
    static final int NOT_FOUND = 404;
    static final int CONFLICT = 409;
    static final int PRECONDITION_FAILED = 412;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int SERVER_ERROR = 500;
    private static final int NOT_IMPLEMENTED = 501;

    /** Codes under a 4xx status that S3 documents as worth a retry. */
    private static final Set<String> TRANSIENT_CODES = Set.of("RequestTimeout",
            "RequestTimeTooSkewed", "SlowDown", "Throttling", "OperationAborted");

    private S3Errors() {}

    /** The error to throw; its message names the action, the place, the cause, the key to look at. */
    static LandingError sorted(String action, String place, SdkException e) {
        String what = action + " " + place + ": " + kind(e) + detail(e);
        return mayHeal(e)
                ? new Unavailable(e instanceof AwsServiceException
                        ? what
                        : what + " (" + StoreKeys.ENDPOINT + ")", e)
                : new Refused(what + "; look at " + StoreKeys.of(e), e);
    }

    static int status(SdkException e) {
        return e instanceof AwsServiceException answer ? answer.statusCode() : 0;
    }

    /** Whether the store does not know the header of a conditional write. */
    static boolean isUnknownCondition(SdkException e) {
        return status(e) == NOT_IMPLEMENTED;
    }

    /** A short name of the cause, the same for all errors alike: what metrics count by. */
    static String kind(SdkException e) {
        if (e instanceof AwsServiceException answer) {
            return "HTTP " + answer.statusCode() + " " + code(answer);
        }
        return isTimeout(e) ? "timeout" : root(e).getClass().getSimpleName();
    }

    static String code(AwsServiceException e) {
        return e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null
                ? "(no error code)"
                : e.awsErrorDetails().errorCode();
    }

    private static String detail(SdkException e) {
        return e instanceof AwsServiceException
                ? ""
                : ": " + String.valueOf(root(e).getMessage()).replaceAll("\\s+", " ");
    }

    private static boolean mayHeal(SdkException e) {
        if (e instanceof AwsServiceException answer) {
            int status = answer.statusCode();
            return status >= SERVER_ERROR && status != NOT_IMPLEMENTED
                    || status == TOO_MANY_REQUESTS
                    || TRANSIENT_CODES.contains(code(answer));
        }
        return isTimeout(e)
                || e instanceof AbortedException
                || causedByInputOrOutput(e);
    }

    private static boolean isTimeout(SdkException e) {
        return e instanceof ApiCallTimeoutException
                || e instanceof ApiCallAttemptTimeoutException;
    }

    private static boolean causedByInputOrOutput(Throwable e) {
        for (Throwable at = e; at != null; at = at.getCause()) {
            if (at instanceof IOException || at instanceof UncheckedIOException) {
                return true;
            }
        }
        return false;
    }

    private static Throwable root(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }
}
