package io.tidegate.connect.s3.core;

import java.nio.file.Path;

/**
 * Everything the protocol can be told.
 *
 * @param compressionLevel zlib's, 1 to 9
 * @param spoolMemoryBytes heap shared by all open objects of one task
 */
public record LandingSettings(
        Layout layout,
        Compression compression,
        int compressionLevel,
        Rotation rotation,
        long spoolMemoryBytes,
        Path spoolDirectory,
        StartAt startAt) {}
