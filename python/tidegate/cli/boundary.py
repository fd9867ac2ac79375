"""Where every error of the command becomes a message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

# Typer carries its own copy of click and re-exports only some of its exceptions.
from typer._click.exceptions import ClickException, NoArgsIsHelpError, UsageError

from metastore_sync.errors import EXIT_BROKEN, EXIT_FINE, EXIT_USAGE, TidegateError
from tidegate.cli.app import app

#: What shells report for a program that was interrupted from the keyboard (128 + SIGINT).
EXIT_INTERRUPTED = 130
DEBUG = "--debug"


def guarded(words: Sequence[str]) -> int:
    """Run one command and return its exit code; a traceback appears only under `--debug`."""
    rest, debug = take_debug(words)
    try:
        outcome = typer.main.get_command(app)(rest, prog_name="tidegate", standalone_mode=False)
    except TidegateError as error:
        _reraise_when(debug)
        _tell(error.render())
        return error.exit_code
    except ClickException as error:
        return _wrong_usage(error)
    except (typer.Abort, KeyboardInterrupt):
        _tell("Interrupted.")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output left; so do we, without a second complaint at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FINE
    except Exception as error:  # noqa: BLE001 - the last line of defence; --debug shows all of it
        _reraise_when(debug)
        _tell(f"tidegate: unexpected {type(error).__name__}: {_first_line(error)}")
        _tell(f"Next: tidegate {DEBUG} {' '.join(rest)}")
        return EXIT_BROKEN
    return outcome if isinstance(outcome, int) else EXIT_FINE


def take_debug(words: Sequence[str]) -> tuple[list[str], bool]:
    """
    Return the words without `--debug`, and whether it was among them; behind `--` all is data.

    >>> take_debug(["run", "--debug", "orders"])
    (['run', 'orders'], True)
    >>> take_debug(["sql", "--", "--debug"])
    (['sql', '--', '--debug'], False)
    """
    end = words.index("--") if "--" in words else len(words)
    head = [word for word in words[:end] if word != DEBUG]
    return head + list(words[end:]), len(head) < end


def _wrong_usage(error: ClickException) -> int:
    context = error.ctx if isinstance(error, UsageError) else None
    if isinstance(error, NoArgsIsHelpError):
        _tell(error.format_message())
        return EXIT_USAGE
    path = context.command_path if context else "tidegate"
    _tell(f"{path}: {error.format_message()}")
    _tell(f"Next: {path} --help")
    return EXIT_USAGE


def _reraise_when(debug: bool) -> None:  # noqa: FBT001 - a predicate
    if debug:
        raise  # noqa: PLE0704 - called from the handlers above only


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "no message"


def _tell(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - a command speaks
