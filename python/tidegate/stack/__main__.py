"""`python -m tidegate.stack`: the stack without the rest of the command."""

from __future__ import annotations

import argparse
import sys

from metastore_sync.errors import TidegateError
from tidegate.stack import lifecycle, parts


def main() -> int:
    """Run one verb; return the exit code."""
    reader = argparse.ArgumentParser(prog="python -m tidegate.stack")
    reader.add_argument("verb", choices=["up", "down", "state", "restart", "doctor"])
    reader.add_argument("part", nargs="*", choices=[*parts.NAMES, []], metavar="part")
    words = reader.parse_args()
    try:
        return _run(words.verb, words.part)
    except TidegateError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command speaks
        return error.exit_code


def _run(verb: str, names: list[str]) -> int:
    match verb:
        case "up":
            lifecycle.up(parts=names or None)
        case "down":
            lifecycle.down()
        case "restart":
            for name in names:
                lifecycle.restart(name)
        case _:
            states = lifecycle.state()
            for part in states:
                sign = "healthy" if part.healthy else "SICK"
                line = f"{part.name:<9} {part.state:<9} {sign:<8} {part.pid or '-':<7} "
                print(f"{line}{part.address}  {part.detail}")  # noqa: T201 - a command speaks
            return 0 if all(part.healthy for part in states) else 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
