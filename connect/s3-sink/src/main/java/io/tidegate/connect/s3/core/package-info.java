/**
 * The landing protocol, free of Connect, Kafka and S3.
 *
 * <p>Its two ports are {@link io.tidegate.connect.s3.core.ObjectStore} and
 * {@link io.tidegate.connect.s3.core.TopicLog}; {@link io.tidegate.connect.s3.core.Lander} is
 * driven by a Connect task in production and by a seeded simulation in the tests.
 */
package io.tidegate.connect.s3.core;
