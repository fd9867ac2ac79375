"""Dataset names as people type them: checked against the registry before anything starts."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

from metastore_sync.errors import UsageError
from metastore_sync.settings import Settings


def check_known(settings: Settings, names: Iterable[str]) -> None:
    """
    Return when every name is a registered dataset.

    Raises:
        UsageError: One is not; the message lists those that are, the likely one first.
        BrokenError: The registry is away.
    """
    from metastore_sync import registry  # noqa: PLC0415 - loads the database driver

    with registry.connect(settings) as connection:
        known = [row.dataset.name for row in registry.datasets(connection)]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise unknown_names(unknown, known)


def unknown_names(unknown: Sequence[str], known: Sequence[str]) -> UsageError:
    """Return the error of names that no dataset has."""
    likely = difflib.get_close_matches(unknown[0], known, n=1)
    meant = f"; did you mean {likely[0]}?" if likely else ""
    return UsageError(
        f"{', '.join(unknown)}: no dataset has this name{meant}",
        where=f"known datasets: {', '.join(known) or 'none yet'}",
        not_done="Nothing was started.",
        next_command="tidegate status" if known else "tidegate apply",
    )


def no_file(unknown: Sequence[str], declared: Sequence[str], folder: Path) -> UsageError:
    """Return the error of names that neither a dataset file nor the registry declares."""
    return UsageError(
        f"{', '.join(unknown)}: no dataset is declared by this name",
        where=f"{folder} and the registry declare: {', '.join(declared) or 'nothing'}",
        not_done="Nothing was planned or applied.",
        next_command="tidegate plan",
    )
