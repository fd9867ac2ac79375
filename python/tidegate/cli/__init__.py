"""The `tidegate` command: parses words, calls one function, prints its result, chooses the exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["execute", "main"]


def main() -> None:
    """Run the command of this process's arguments and leave with its exit code."""
    sys.exit(execute(sys.argv[1:]))


def execute(words: Sequence[str]) -> int:
    """
    Run one command.

    Args:
        words: The arguments without the program's name; `--debug` counts wherever it stands.

    Returns:
        0 fine, 1 the verdict says no, 2 something broke, 64 wrong usage, 130 interrupted.
    """
    from tidegate.cli.boundary import guarded  # noqa: PLC0415 - so that completion stays fast

    return guarded(words)
