"""What a plan says of a dataset whose topic another sink lands: what is there, and what speaks against it."""

from __future__ import annotations

from collections.abc import Iterator

from metastore_sync.changes import Problem
from metastore_sync.errors import BrokenError
from metastore_sync.layout_listing import Listing, bucket_of, list_objects
from metastore_sync.layout_names import names_of
from metastore_sync.model import Dataset
from metastore_sync.problem_codes import ProblemCode
from metastore_sync.settings import Settings

#: Objects that a plan looks at; of more it says "at least".
MOST = 10_000
#: Partitions that are shown one by one.
_SHOWN = 8


def look(settings: Settings, dataset: Dataset) -> tuple[tuple[str, ...], list[Problem]]:
    """Return what was found, in lines for people, and why the dataset cannot be read."""
    landing, again = dataset.landing, f"correct landing, then: tidegate plan {dataset.name}"
    try:
        listing = list_objects(settings, landing, dataset.kafka_topic, most=MOST)
    except BrokenError as error:
        return (), [_missing(f"{error.fact}: {error.where}", again)]
    place = f"{bucket_of(settings, landing)}/{names_of(landing, dataset.kafka_topic).root}"
    if listing.objects:
        return tuple(_found(listing, place, landing.guarantee)), []
    if listing.refused:
        return (), [_missing(f"{listing.refused[0].key}: {listing.refused[0].why}", again)]
    fact = (
        f"no object below {place} is named as the {landing.layout} layout names topic "
        f"{dataset.kafka_topic}; {listing.others} others are there"
    )
    return (), [_missing(fact, again)]


def change_of_layout(old: Dataset, new: Dataset) -> list[Problem]:
    """Refuse a change that would bring the same records again under another topic id."""
    if not new.landing.is_foreign or old.landing.layout is new.landing.layout:
        return []
    fact = (
        f"its records were read from the {old.landing.layout} layout; the {new.landing.layout} "
        "layout would bring them again as others"
    )
    again = f"declare the topic under another name than {old.name}, or keep the layout"
    return [Problem(ProblemCode.REBUILD_NEEDED, fact, again)]


def _missing(fact: str, again: str) -> Problem:
    return Problem(ProblemCode.TOPIC_MISSING, fact, again)


def _found(listing: Listing, place: str, guarantee: str) -> Iterator[str]:
    total = sum(len(objects) for objects in listing.objects.values())
    at_least = "at least " if listing.is_cut else ""
    yield f"{guarantee}: {at_least}{total} objects below {place}, {len(listing.objects)} partitions"
    for partition, objects in sorted(listing.objects.items())[:_SHOWN]:
        newest = max(listed.modified for listed in objects)
        yield (
            f"partition {partition}: {len(objects)} objects, from offset {objects[0].start}, the newest "
            f"from offset {objects[-1].start}, written {newest:%Y-%m-%d %H:%M:%S}Z"
        )
    if listing.siblings:
        yield f"{listing.siblings} files of keys and headers, which are not read"
    if listing.refused:
        yield f"{len(listing.refused)} objects in other formats, such as {listing.refused[0].key}"
    if listing.is_whole:
        yield "these names are listed whole on every run (docs/layouts.md says which are not)"
