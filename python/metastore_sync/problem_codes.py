"""
Everything that speaks against applying a dataset: one code each, and whether it refuses or warns.

`docs/registering.md` explains each code; a test keeps page and table together.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class Severity(StrEnum):
    """What a problem does to `apply`."""

    #: The dataset is not applied; `tidegate plan` ends with exit code 1.
    REFUSES = "refuses"
    #: It is applied; the plan says what is worth knowing.
    WARNS = "warns"


class ProblemCode(StrEnum):
    """The closed list of problems; the value is the name people meet."""

    #: Neither Connect nor the sink knows a key; Connect would ignore it silently.
    CONNECTOR_KEY_UNKNOWN = "CONNECTOR_KEY_UNKNOWN"
    #: Connect or the sink refuses a key's value.
    CONNECTOR_VALUE_REFUSED = "CONNECTOR_VALUE_REFUSED"
    #: No worker has the sink installed.
    PLUGIN_MISSING = "PLUGIN_MISSING"
    #: The bucket is not there, or the sink may not write to it.
    BUCKET_NOT_WRITABLE = "BUCKET_NOT_WRITABLE"
    TOPIC_MISSING = "TOPIC_MISSING"
    #: Another dataset lands the topic.
    TOPIC_TAKEN = "TOPIC_TAKEN"
    #: A connector that is no dataset's lands the topic with the same sink.
    TOPIC_LANDED_TWICE = "TOPIC_LANDED_TWICE"
    #: More tasks than partitions: the rest would do nothing.
    TASKS_IDLE = "TASKS_IDLE"
    DLQ_MISSING = "DLQ_MISSING"
    #: Dead letters would be read as input.
    DLQ_IS_INPUT = "DLQ_IS_INPUT"
    #: Connect would make the dead letter topic with more replicas than there are brokers.
    DLQ_REPLICATION = "DLQ_REPLICATION"
    #: A key field that no record of the ACTIVE schema has.
    FIELD_MISSING = "FIELD_MISSING"
    #: Tables hold rows under other keys, another order or another mode.
    REBUILD_NEEDED = "REBUILD_NEEDED"
    #: The table of a dataset with cdc is not there, or its changes would be incomplete.
    TABLE_NOT_CAPTURED = "TABLE_NOT_CAPTURED"
    #: A folder, a model or a mart is called so already.
    NAME_TAKEN = "NAME_TAKEN"
    #: A connector made through Connect REST declares the dataset; Connect wins.
    DECLARED_BY_CONNECTOR = "DECLARED_BY_CONNECTOR"
    #: The file that declared the dataset is gone; nothing was taken down.
    FILE_GONE = "FILE_GONE"
    #: An adopted connector was deleted; nothing was taken down.
    CONNECTOR_GONE = "CONNECTOR_GONE"


#: Problems that do not stop `apply`; every other one does.
WARNINGS = frozenset(
    {
        ProblemCode.TASKS_IDLE,
        ProblemCode.FILE_GONE,
        ProblemCode.CONNECTOR_GONE,
    }
)

SEVERITY = MappingProxyType(
    {code: Severity.WARNS if code in WARNINGS else Severity.REFUSES for code in ProblemCode}
)
