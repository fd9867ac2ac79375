"""Whether what a caller read is still what is there: `ETag` and `If-Match` (RFC 9110, section 13)."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Header
from fastapi.responses import JSONResponse

from metastore_sync import problem
from metastore_sync.problem_types import ProblemType

IfMatch = Annotated[str, Header(description="The ETag of what was read; * for whatever is there.")]
_TAG = re.compile(r'\s*(?:W/)?"[^"]*"\s*')


def refusal(given: str, tag: str, subject: str, read: str) -> JSONResponse | None:
    """
    Return the answer to a write that was made from something else than what is there; None when it fits.

    Args:
        given: The If-Match header; empty when there was none.
        tag: The ETag now, quotes included.
        subject: What is to be changed, for people.
        read: How to read it, `GET /datasets/orders`.
    """
    if not given.strip():
        detail = f"{subject}: If-Match is missing; it names what the change was made from"
        return problem.told(ProblemType.PRECONDITION, detail, next_command=read)
    if given.strip() == "*" or tag in (found.strip() for found in _TAG.findall(given)):
        return None
    detail = f"{subject}: {given.strip()} → {tag}: somebody else changed it"
    return problem.told(ProblemType.CHANGED, detail, next_command=read)
