package io.tidegate.connect.s3;

/** The version written into the jar's manifest at build time. */
final class Version {
    private Version() {}

    static String current() {
        String built = Version.class.getPackage().getImplementationVersion();
        return built == null ? "unbuilt" : built;
    }
}
