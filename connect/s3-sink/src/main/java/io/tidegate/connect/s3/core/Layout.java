package io.tidegate.connect.s3.core;

import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Names of everything the sink keeps in the bucket.
 *
 * @param base empty, or a prefix that ends with a slash
 */
public record Layout(String base) {
    /** The layout under {@code prefix}, which may be empty and may lack its final slash. */
    public static Layout under(String prefix) {
        String trimmed = prefix.replaceAll("^/+|/+$", "");
        return new Layout(trimmed.isEmpty() ? "" : trimmed + "/");
    }

    /** The data object: a name that no other attempt has. */
    public String dataKey(
            PartitionId source,
            TopicId id,
            long firstOffset,
            String attempt,
            LocalDate landingDay,
            Compression compression) {
        return String.format(Locale.ROOT, "%s%s/date=%s/%s+%s+%05d+%020d+%s%s",
                base, source.topic(), DateTimeFormatter.ISO_LOCAL_DATE.format(landingDay),
                source.topic(), id.shortHex(), source.partition(), firstOffset, attempt,
                compression.extension());
    }

    /** The one place in the chain where writers of the same records meet. */
    public String manifestKey(PartitionId source, TopicId id, long expectedOffset) {
        return String.format(
                Locale.ROOT, "%s%020d.json", manifestFolder(source, id), expectedOffset);
    }

    /** Holds the partition's manifests and nothing else. */
    public String manifestFolder(PartitionId source, TopicId id) {
        return generationFolder(source.topic(), id) + source.partition() + "/";
    }

    /** Hint at the newest manifest; may lag behind, may be missing. */
    public String tailKey(PartitionId source, TopicId id) {
        return generationFolder(source.topic(), id) + "_tail/" + source.partition() + ".json";
    }

    /** Where the chain was told to begin; written once. */
    public String startKey(PartitionId source, TopicId id) {
        return generationFolder(source.topic(), id) + "_start/" + source.partition() + ".json";
    }

    /** Holds one folder per topic id that ever had this topic's name. */
    public String generationsFolder(String topic) {
        return base + topic + "/_manifest/";
    }

    public String generationFolder(String topic, TopicId id) {
        return generationsFolder(topic) + id.shortHex() + "/";
    }
}
