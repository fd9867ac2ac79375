"""How long things are kept: the three retention settings, per dataset."""

from __future__ import annotations

import re
from dataclasses import dataclass

from metastore_sync.errors import UsageError
from metastore_sync.settings import Settings

_PART = re.compile(r"(?:(?P<name>[a-z][a-z0-9_.]*)=)?(?P<days>[0-9]{1,5}|ever)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """
    Days that a dataset's things are kept; None: for ever.

    Attributes:
        raw_days: Landed objects, counted from landing.
        rejected_days: Payloads of rejected records, counted from the rejection; the record itself stays.
        snapshot_days: Snapshots of tables; a table's newest batch keeps one whatever its age.
    """

    raw_days: int | None = None
    rejected_days: int | None = None
    snapshot_days: int | None = 7


def of(settings: Settings, name: str) -> Keep:
    """
    Return what the settings say of one dataset.

    Raises:
        UsageError: A setting cannot be read.
    """
    return Keep(
        raw_days=_days("TIDEGATE_KEEP_RAW_DAYS", settings.keep_raw_days, name),
        rejected_days=_days("TIDEGATE_KEEP_REJECTED_DAYS", settings.keep_rejected_days, name),
        snapshot_days=_days("TIDEGATE_KEEP_SNAPSHOT_DAYS", settings.keep_snapshot_days, name),
    )


def _days(variable: str, text: str, name: str) -> int | None:
    """
    Return the days for a dataset; a part with its name beats the one without.

    >>> _days("X", "90 orders=7 audits=ever", "orders"), _days("X", "90 orders=7", "flights")
    (7, 90)
    >>> _days("X", "90 audits=ever", "audits"), _days("X", "orders=7", "flights"), _days("X", "", "orders")
    (None, None, None)
    """
    days: int | None = None
    is_named = False
    for part in text.split():
        found = _PART.fullmatch(part)
        if found is None or found["days"] == "0":
            raise UsageError(
                f"{variable}: {part!r} is neither days (1 or more), `ever`, nor DATASET=days",
                where=f"{variable}={text}",
                not_done="Nothing was maintained.",
                next_command=f'export {variable}="90 orders=7 audits=ever", then the same command',
            )
        if found["name"] == name or (found["name"] is None and not is_named):
            is_named = found["name"] is not None
            days = None if found["days"] == "ever" else int(found["days"])
    return days
