"""A dead letter is replayed only when its record did not land another way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from schema_guard import replay_errors
from schema_guard.edges.registry import Connection
from schema_guard.edges.s3 import Store
from schema_guard.rejections.selection import QUERIES, Rejection
from schema_guard.rejections.stored import lines_of

CONNECT = "connect"


def refuse(store: Store, conn: Connection, name: str, rejections: Sequence[Rejection]) -> None:
    """
    Refuse dead letters that may be landed: a task that was restarted may land what it had set aside.

    Raises:
        VerdictError: One has landed, or its partition was not judged so far yet.
        BrokenError: The object that covers one cannot be read.
    """
    covering: dict[str, dict[tuple[int, int], Rejection]] = defaultdict(dict)
    for rejection in rejections:
        if rejection.stage != CONNECT:
            continue
        place = {"partition": rejection.partition, "offset": rejection.offset}
        row = QUERIES.landed_over(conn, dataset=name, topic_id=rejection.topic_id, **place)
        if row["next_offset"] is None or row["next_offset"] <= rejection.offset:
            why = f"what landed around it is not judged yet: tidegate check {name}"
            raise replay_errors.cannot(name, rejection.place, why)
        if row["data_key"] is not None:
            covering[row["data_key"]][rejection.partition, rejection.offset] = rejection
    for data_key, letters in covering.items():
        for record, _ in lines_of(store, name, data_key):
            if landed := letters.get((record.partition, record.offset)):
                raise replay_errors.cannot(name, landed.place, f"it has landed after all, in {data_key}")
