"""
Every error that a user of Tidegate can meet, drawn as one tree.

TidegateError                    a person can act on it; its text is the whole message
├── UsageError                   the words typed or the document sent are wrong (exit 64)
├── VerdictError                 the verdict says no (exit 1)
│   ├── BlockedError             a batch is BLOCKED; the check told its owner, or the next one will
│   ├── RefusedError             problems speak against applying a dataset
│   └── RebuildNeededError       tables hold rows that would have to be made anew; nobody accepted that yet
└── BrokenError                  a part is away or failed; a retry may help (exit 2)
    ├── RegistryAwayError        PostgreSQL does not answer; the guard may still judge on the snapshot
    ├── LandedObjectError        a landed object is gone or is not what its manifest promised
    └── LeaseLostError           somebody else works on the dataset; this writer was fenced off
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

EXIT_FINE = 0
EXIT_VERDICT = 1
EXIT_BROKEN = 2
EXIT_USAGE = 64


class TidegateError(Exception):
    """
    An error whose text tells subject, fact, what was not done and what to type next.

    Args:
        fact: Subject and fact in one line, with old → new where something changed.
        where: Object, file, key or address the fact was seen at; may span lines.
        not_done: What did not happen because of it.
        next_command: The command to run next, as the user would type it.
    """

    exit_code: ClassVar[int] = EXIT_BROKEN

    def __init__(
        self, fact: str, *, where: str = "", not_done: str = "", next_command: str = ""
    ) -> None:
        self.fact = fact
        self.where = where
        self.not_done = not_done
        self.next_command = next_command
        super().__init__(self.render())

    def render(self) -> str:
        """Return the message in the order every Tidegate error is written in."""
        lines = [self.fact]
        lines += [f"  {line}" for line in self.where.splitlines()]
        if self.not_done:
            lines.append(self.not_done)
        if self.next_command:
            lines.append(f"Next: {self.next_command}")
        return "\n".join(lines)


class UsageError(TidegateError):
    """The words typed or the document sent are wrong; correct them and repeat."""

    exit_code = EXIT_USAGE


class VerdictError(TidegateError):
    """The verdict says no: nothing was loaded, a person decides."""

    exit_code = EXIT_VERDICT


class BlockedError(VerdictError):
    """A batch is BLOCKED: decide about it. The check itself tells the owner; nobody else has to."""


class RefusedError(VerdictError):
    """A dataset was not applied; `problems` holds each as plain values: code, fact, next_command."""

    def __init__(self, fact: str, *, problems: Sequence[Mapping[str, str]], not_done: str) -> None:
        self.problems = tuple(problems)
        others = "\n".join(f"{problem['code']}: {problem['fact']}" for problem in self.problems)
        super().__init__(
            fact, where=others, not_done=not_done, next_command=self.problems[0]["next_command"]
        )


class RebuildNeededError(VerdictError):
    """Tables would have to be rebuilt for this; it was not done, because nobody accepted that."""


class BrokenError(TidegateError):
    """A part is away or failed; the same command may succeed later."""

    exit_code = EXIT_BROKEN


class RegistryAwayError(BrokenError):
    """PostgreSQL does not answer: nothing can be admitted or decided."""


class LandedObjectError(BrokenError):
    """A landed object is gone, or is not what its manifest promised: someone must put it right."""


class LeaseLostError(BrokenError):
    """Another process holds the dataset's lease; this one changed nothing."""
