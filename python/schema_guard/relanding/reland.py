"""All partitions of a dataset whose topic another sink lands; nothing to do where Tidegate's own does."""

from __future__ import annotations

from metastore_sync.layout import topic_uuid
from metastore_sync.layout_listing import Listing, bucket_of, list_objects
from metastore_sync.model import Dataset
from metastore_sync.settings import Settings
from schema_guard import layout_errors as errors
from schema_guard.edges.relanding import RelandingStore
from schema_guard.edges.s3 import Store
from schema_guard.relanding import tail
from schema_guard.relanding.partition import Partition, Relanded
from schema_guard.relanding.tail import Chain, Tail


def reland(settings: Settings, dataset: Dataset) -> Relanded:
    """
    Re-land what the other sink wrote since the last run, partition by partition, in offset order.

    May be killed anywhere and run twice at once: each commit is one manifest, put only where none is.

    Raises:
        VerdictError: The sink writes something that cannot be read; the message names its setting.
        BrokenError: The store is away, or an object is damaged or was written again meanwhile.
    """
    landing, done = dataset.landing, Relanded()
    if not landing.is_foreign:
        return done
    topic, bucket = dataset.kafka_topic, bucket_of(settings, landing)
    topic_id = topic_uuid(landing.layout, topic).hex[:8]
    store, raw = RelandingStore(settings, bucket), Store(settings)
    folders = raw.folders(f"{topic}/_manifest/{topic_id}/")
    chains = {int(name): Chain(topic, topic_id, int(name)) for name in folders if name.isdecimal()}
    tails = {partition: tail.read(store, raw, chain) for partition, chain in chains.items()}
    read_from = {partition: end.read_from for partition, end in tails.items()}
    listing = list_objects(settings, landing, topic, read_from)
    _check_names(listing)
    for partition, objects in sorted(listing.objects.items()):
        chain = chains.get(partition) or Chain(topic, topic_id, partition)
        end = tails.get(partition) or Tail()
        Partition(store, raw, landing, bucket, chain, end, objects, done).run()
    return done


def _check_names(listing: Listing) -> None:
    """Refuse objects in other formats among, or behind, those that can be read."""
    for refused in listing.refused:
        readable = listing.objects.get(refused.partition)
        # What lies before everything that can be read is of a time before the sink was set to JSON.
        if not readable or refused.start >= readable[0].start:
            raise errors.name_not_read(refused.key, refused.why)
