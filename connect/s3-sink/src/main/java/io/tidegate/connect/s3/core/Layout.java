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
        return String.format(Locale.ROOT, "%s%020d+%s%s", dataPrefix(source, id, landingDay),
                firstOffset, attempt, compression.extension());
    }

    /** What the keys of all of a partition's uploads of one landing day begin with. */
    public String dataPrefix(PartitionId source, TopicId id, LocalDate landingDay) {
        return String.format(Locale.ROOT, "%s%s/date=%s/%s+%s+%05d+", base, source.topic(),
                DateTimeFormatter.ISO_LOCAL_DATE.format(landingDay), source.topic(),
                id.shortHex(), source.partition());
    }

    /** The first offset that a data key names. */
    public static long firstOffset(String dataKey) {
        String[] parts = dataKey.substring(dataKey.lastIndexOf('/') + 1).split("\\+");
        return Long.parseLong(parts[parts.length - 2]);
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

    /** How many partitions the topic had when the first of its chains began; written once. */
    public String partitionsKey(String topic, TopicId id) {
        return generationFolder(topic, id) + "_start/partitions.json";
    }

    /** A manifest under a name of its own, for stores where another writer can overwrite it. */
    public String attemptKey(PartitionId source, TopicId id, long expectedOffset, String attempt) {
        return String.format(Locale.ROOT, "%s_attempt/%d/%020d+%s.json",
                generationFolder(source.topic(), id), source.partition(), expectedOffset, attempt);
    }

    /** Holds one folder per topic id that ever had this topic's name. */
    public String generationsFolder(String topic) {
        return base + topic + "/_manifest/";
    }

    public String generationFolder(String topic, TopicId id) {
        return generationsFolder(topic) + id.shortHex() + "/";
    }
}
