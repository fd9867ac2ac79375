"""Bronze's rows as a build would leave them: what a rebuild of the registry is given."""

from __future__ import annotations

import gzip
import json

from schema_guard.loaded import Loaded, LoadedRange


def bronze(world):
    """What bronze holds once every admitted batch is built: the records of its objects, less the rejected."""
    found = {}
    query = (
        "select o.*, b.schema_version, b.admitted_at from registry.batch_object as o"
        " inner join registry.batch as b using (dataset, batch_id)"
        " where b.status = 'ADMITTED' and not o.is_silver_only"
    )
    rejected = {
        (row["batch_id"], row["topic_id"], row["partition"], row["offset"])
        for row in world.rows("select * from registry.rejected_record where stage <> 'rule'")
    }
    upto = world.value("select coalesce(max(batch_id), 0) from registry.batch where status = 'ADMITTED'")
    for row in world.rows(query):
        body = world.client.get_object(Bucket=world.settings.raw_bucket, Key=row["data_key"])["Body"].read()
        place = (row["topic_id"], row["partition"])
        offsets = [json.loads(line)["offset"] for line in gzip.decompress(body).splitlines()]
        kept = [offset for offset in offsets if (row["batch_id"], *place, offset) not in rejected]
        if kept:
            found.setdefault((row["batch_id"], *place), (row, []))[1].extend(kept)
    return Loaded(upto, tuple(_range(row, offsets) for row, offsets in found.values()))


def _range(row, offsets):
    return LoadedRange(
        batch_id=row["batch_id"],
        topic_id=row["topic_id"],
        generation=row["generation"],
        partition=row["partition"],
        first_offset=min(offsets),
        last_offset=max(offsets),
        rows=len(offsets),
        schema_version=row["schema_version"],
        ingested_at=row["admitted_at"],
    )
