"""What each finding means: one table of defaults, and a dataset's own rows over it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from schema_guard.core.finding import Code, Severity


class Action(StrEnum):
    """What policy does with a finding; spelled as in dataset files."""

    #: Report it and leave the schema as it is.
    IGNORE = "ignore"
    #: Take it into the next version.
    ALLOW = "allow"
    #: Stop the dataset until a person decides.
    BLOCK = "block"
    #: Reject the records that show it and go on with the rest.
    REJECT_RECORDS = "reject_records"


#: The policy of a dataset that says nothing.
DEFAULT: Mapping[Code, Action] = MappingProxyType(
    {
        Code.FIELD_ADDED: Action.ALLOW,
        Code.FIELD_ABSENT: Action.IGNORE,
        Code.FIELD_REMOVED: Action.BLOCK,
        Code.FIELD_RENAMED: Action.BLOCK,
        Code.TYPE_WIDENED: Action.ALLOW,
        Code.TYPE_CHANGED: Action.BLOCK,
        Code.PRECISION_LOSS: Action.BLOCK,
        Code.NULLABLE: Action.ALLOW,
        Code.KEY_MISSING: Action.BLOCK,
        Code.KEY_NULL: Action.BLOCK,
        Code.KEY_TYPE_CHANGED: Action.BLOCK,
        Code.PARTITION_TYPE_CHANGED: Action.BLOCK,
        Code.CASE_COLLISION: Action.BLOCK,
        Code.FORMAT_CHANGED: Action.ALLOW,
        Code.MAP_FOLDED: Action.BLOCK,
        Code.DEPTH_LIMIT: Action.ALLOW,
        Code.LANDING_GAP: Action.BLOCK,
    }
)

#: Findings that single records show, so that rejecting those records removes the finding.
OF_RECORDS = frozenset(
    {
        Code.TYPE_WIDENED,
        Code.TYPE_CHANGED,
        Code.PRECISION_LOSS,
        Code.KEY_MISSING,
        Code.KEY_NULL,
        Code.KEY_TYPE_CHANGED,
        Code.PARTITION_TYPE_CHANGED,
        Code.CASE_COLLISION,
    }
)

#: Block by default only where an ACTIVE type is at stake: what is new cannot break a reader.
ONLY_AGAINST_OLD = frozenset({Code.TYPE_CHANGED, Code.PRECISION_LOSS, Code.MAP_FOLDED})

SEVERITY: Mapping[Action, Severity] = MappingProxyType(
    {
        Action.IGNORE: Severity.INFO,
        Action.ALLOW: Severity.NON_BREAKING,
        Action.BLOCK: Severity.BREAKING,
        Action.REJECT_RECORDS: Severity.INFO,
    }
)


def resolve(code: Code, dataset_policy: Mapping[str, str], *, is_new: bool = False) -> Action:
    """
    Return what a dataset does with a finding.

    `reject_records` for a finding that no single record shows can reject nothing, so it blocks.

    Args:
        code: What was found.
        dataset_policy: Code → action, both as in dataset files.
        is_new: The finding is about a path that the ACTIVE version does not have.

    Raises:
        ValueError: The policy names no known action.
    """
    named = dataset_policy.get(code.value)
    if named is None:
        default = DEFAULT[code]
        return Action.ALLOW if is_new and code in ONLY_AGAINST_OLD else default
    action = Action(named)
    if action is Action.REJECT_RECORDS and code not in OF_RECORDS:
        return Action.BLOCK
    return action
