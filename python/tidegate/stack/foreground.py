"""
One program of the stack in the foreground, for those who bring their own supervisor (a container engine).

    python -m tidegate.stack.foreground run kafka       becomes the program
    python -m tidegate.stack.foreground after s3        does what its users need once it is healthy
    python -m tidegate.stack.foreground healthy s3      exit code 0 when it answers
"""

from __future__ import annotations

import argparse
import os
import pwd
import sys
from typing import NoReturn

from metastore_sync.errors import EXIT_BROKEN, EXIT_FINE, TidegateError
from tidegate.stack import installation, lifecycle, parts, prepare, programs, render


def main() -> int:
    """Run one verb; return the exit code."""
    reader = argparse.ArgumentParser(prog="python -m tidegate.stack.foreground")
    reader.add_argument("verb", choices=["run", "after", "healthy"])
    reader.add_argument("name", help="a program for `run`, a part for the others")
    words = reader.parse_args()
    try:
        match words.verb:
            case "run":
                run(words.name)
            case "after":
                prepare.after(words.name, installation.describe())
                return EXIT_FINE
            case _:
                return healthy(words.name)
    except TidegateError as error:
        print(error, file=sys.stderr)  # noqa: T201  a command speaks
        return error.exit_code


def run(name: str) -> NoReturn:
    """Prepare a program's part as `tidegate up` would, then become the program."""
    stack = installation.describe()
    render.write(stack, render.render(stack))
    installation.write_env(stack)
    part = next(part for part in parts.PARTS if name in part.programs)
    prepare.before(part.name, stack)
    program = next(program for program in programs.programs(stack) if program.name == name)
    os.chdir(program.directory)
    if program.user:
        user = pwd.getpwnam(program.user)
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    variables = {**programs.base_variables(stack), **program.variables}
    os.execvpe(program.command[0], program.command, variables)  # noqa: S606  no shell by design


def healthy(name: str) -> int:
    """Return 0 when the part answers a real request."""
    found = next(state for state in lifecycle.state() if state.name == parts.part(name).name)
    return EXIT_FINE if found.healthy else EXIT_BROKEN


if __name__ == "__main__":
    sys.exit(main())
