"""dbt in this process, as the service runs it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def invoke(words: Sequence[str], *hear: Callable[[Any], None]) -> Any:
    """Run a dbt command; every event goes to each of `hear`. Return dbt's result."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415  # dbt takes seconds to import

    return dbtRunner(callbacks=list(hear)).invoke(list(words))


def lend_parse(known: Path, own: Path) -> None:
    """Let a target folder begin with what dbt has parsed for another: parsing all takes seconds."""
    name = "partial_parse.msgpack"
    if (known / name).exists() and not (own / name).exists():
        own.mkdir(parents=True, exist_ok=True)
        shutil.copy(known / name, own / name)
