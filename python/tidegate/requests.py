"""What holds for every request before a route sees it: its number, and how large its body may be."""

from __future__ import annotations

import re
import secrets

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from metastore_sync import problem
from metastore_sync.problem_types import ProblemType

#: Largest body of a request, in bytes; a sample of `schemas:check` is the largest there is.
BODY_MOST = 4 << 20
#: The header that carries a request's number, both ways.
NUMBER = "X-Request-ID"
_NUMBER = re.compile(r"[0-9A-Za-z._-]{1,64}")




class Numbered:
    """Gives each request a number, or keeps the caller's; log lines, problems and answers carry it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(NUMBER, "")
        number = given if _NUMBER.fullmatch(given) else secrets.token_hex(8)
        # Not unbound at the end: what handles an unexpected error runs outside of this.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(**{problem.REQUEST_ID: number})

        async def numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[NUMBER] = number
            await send(message)

        await self._app(scope, receive, numbered)


class Limited:
    """Refuses bodies over the limit, by their declared length or as soon as they go over it."""

    def __init__(self, app: ASGIApp, *, most: int = BODY_MOST) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("Content-Length", "")
        if declared.isdecimal() and int(declared) > self._most:
            await self._refuse(scope, receive, send)
            return
        body = await self._read(receive)
        if body is None:
            await self._refuse(scope, receive, send)
            return
        await self._app(scope, replayed(body, receive), send)

    async def _read(self, receive: Receive) -> bytes | None:
        """Return the whole body; None when it goes over the limit."""
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            part = message.get("body", b"")
            size += len(part)
            if size > self._most:
                return None
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = problem.told(
            ProblemType.TOO_LARGE,
            f"the body has more than {self._most:,} bytes",
            not_done="Nothing was read of it.",
        )
        await answer(scope, receive, send)


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was read already, then what comes after it."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
