"""`python -m tidegate.stack`: the stack without the rest of the command."""

from __future__ import annotations

import argparse
import sys

from metastore_sync.errors import EXIT_BROKEN, EXIT_FINE, TidegateError
from tidegate.stack import lifecycle, parts, ports


def main() -> int:
    """Run one verb; return the exit code."""
    reader = argparse.ArgumentParser(prog="python -m tidegate.stack")
    reader.add_argument("verb", choices=["up", "down", "state", "restart", "doctor", "base"])
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
        case "base":
            _say(str(ports.free_base()))
        case "doctor":
            checks = lifecycle.doctor()
            for check in checks:
                mend = "" if check.ok else f"\n      Next: {check.fix}"
                _say(f"{'ok' if check.ok else 'BAD':<4}  {check.name}: {check.fact}{mend}")
            return EXIT_FINE if all(check.ok for check in checks) else EXIT_BROKEN
        case _:
            states = lifecycle.state()
            for part in states:
                sign = "healthy" if part.healthy else "SICK"
                line = f"{part.name:<9} {part.state:<9} {sign:<8} {part.pid or '-':<7} "
                _say(f"{line}{part.address}  {part.detail}")
            return EXIT_FINE if all(part.healthy for part in states) else EXIT_BROKEN
    return EXIT_FINE


def _say(line: str) -> None:
    print(line)  # noqa: T201 - a command speaks


if __name__ == "__main__":
    sys.exit(main())
