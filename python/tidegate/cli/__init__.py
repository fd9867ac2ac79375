"""The `tidegate` command: parses words, calls one function, prints its result, chooses the exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["execute", "main"]

#: Other name of a command → its own.
ALIASES = {"dlq": "rejected"}


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

    return guarded(_unaliased(words))


def _unaliased(words: Sequence[str]) -> list[str]:
    """
    Return the words with a command's own name in the place of its alias.

    >>> _unaliased(["--debug", "dlq", "list", "dlq"])
    ['--debug', 'rejected', 'list', 'dlq']
    """
    given = list(words)
    first = next((n for n, word in enumerate(given) if not word.startswith("-")), None)
    if first is not None:
        given[first] = ALIASES.get(given[first], given[first])
    return given
