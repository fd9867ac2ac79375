package io.tidegate.connect.s3.store;

import java.util.function.IntConsumer;
import software.amazon.awssdk.core.metrics.CoreMetric;
import software.amazon.awssdk.metrics.MetricCollection;
import software.amazon.awssdk.metrics.MetricPublisher;

/** Takes from the SDK's metrics how often it repeated a request by itself. */
final class RetryCount implements MetricPublisher {
    private final IntConsumer retries;

    RetryCount(IntConsumer retries) {
        this.retries = retries;
    }

    @Override
    public void publish(MetricCollection request) {
        request.metricValues(CoreMetric.RETRY_COUNT).stream()
                .filter(times -> times > 0).forEach(retries::accept);
    }

    @Override
    public void close() {}
}
