"""A dead letter is replayed only once it is known that its record did not land another way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from schema_guard.edges.registry import Connection
from schema_guard.edges.s3 import Store
from schema_guard.rejections.selection import QUERIES, Left, Rejection
from schema_guard.rejections.stored import lines_of

CONNECT = "connect"


def unready(store: Store, conn: Connection, name: str, rejections: Sequence[Rejection]) -> list[Left]:
    """
    Return the dead letters that may be landed: a task that was restarted may land what it had set aside.

    Raises:
        BrokenError: The object that covers one cannot be read.
    """
    left = []
    covering: dict[str, dict[tuple[int, int], Rejection]] = defaultdict(dict)
    for rejection in rejections:
        if rejection.stage != CONNECT:
            continue
        place = {"partition": rejection.partition, "offset": rejection.offset}
        row = QUERIES.landed_over(conn, dataset=name, topic_id=rejection.topic_id, **place)
        if row["next_offset"] is None or row["next_offset"] <= rejection.offset:
            left.append(Left(rejection, f"what landed around it is not judged yet: tidegate check {name}"))
        elif row["data_key"] is not None:
            covering[row["data_key"]][rejection.partition, rejection.offset] = rejection
    for data_key, letters in covering.items():
        for record, _ in lines_of(store, name, data_key):
            if landed := letters.get((record.partition, record.offset)):
                left.append(Left(landed, f"it has landed after all, in {data_key}"))
    return left
