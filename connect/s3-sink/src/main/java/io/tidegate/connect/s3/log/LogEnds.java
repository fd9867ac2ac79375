package io.tidegate.connect.s3.log;

import io.tidegate.connect.s3.core.PartitionId;
import java.util.Collection;
import java.util.function.BiConsumer;

/** Where the partitions end, for figures alone. */
public interface LogEnds {
    /** Asks without waiting; each answer comes when it comes, a question may stay without one. */
    void ask(Collection<PartitionId> sources, BiConsumer<PartitionId, Long> answer);
}
