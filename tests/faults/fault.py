"""What a fault proxy does, to which request, and when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote


class Target(StrEnum):
    """Which of the sink's requests is meant."""

    #: The upload of the landed object.
    DATA = "data"
    #: The commit: the manifest, PUT on condition that there is none.
    MANIFEST = "manifest"
    #: The hint behind the commit: its coming shows that the commit's reply was read.
    HINT = "hint"

    def is_meant_by(self, request_line: str) -> bool:
        """Return whether a request, told by its first line, is of this kind."""
        return bool(_PATHS[self].match(unquote(request_line)))


class Moment(StrEnum):
    """When, seen from the store."""

    #: The request is here and has not reached the store.
    BEFORE = "before"
    #: The store has done it and has answered; the worker has no reply yet.
    APPLIED = "applied"


class Deed(StrEnum):
    """What happens then."""

    #: SIGKILL to the worker that sent the request; the request goes no further.
    KILL = "kill"
    #: SIGSTOP to the worker that sent the request; then the request takes its course.
    STOP = "stop"
    #: 503 SlowDown instead of what the store says.
    REFUSE = "refuse"
    #: The connection is reset.
    RESET = "reset"
    #: Nothing moves until the test lets it.
    HOLD = "hold"


_PATHS = {
    Target.DATA: re.compile(r"^PUT /[^/]+/[^/]+/date=[^?]+ "),
    Target.MANIFEST: re.compile(r"^PUT /[^/]+/[^/]+/_manifest/[0-9a-f]{8}/\d+/\d{20}\.json "),
    Target.HINT: re.compile(r"^PUT /[^/]+/[^/]+/_manifest/[0-9a-f]{8}/_tail/\d+\.json "),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """
    One fault of one test.

    Attributes:
        skip: So many such requests pass before it begins.
        times: So many in a row are hit.
    """

    target: Target
    moment: Moment
    deed: Deed
    skip: int = 6
    times: int = 1


def fault_of(case: dict[str, Any]) -> Fault:
    """Return the fault that a case describes."""
    return Fault(
        target=Target(case["target"]),
        moment=Moment(case["moment"]),
        deed=Deed(case["deed"]),
        **{name: case[name] for name in ("skip", "times") if name in case},
    )
