"""
A POST with an Idempotency-Key is carried out once: sent again, it gets the answer of the first time.

Only answers that say it was done are kept. A refusal changed nothing, so the same request may be
carried out later under the same key; what broke (5xx) may be repeated at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import aiosql
from anyio import to_thread
from fastapi.responses import JSONResponse, Response
from psycopg.types.json import Jsonb
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from metastore_sync import problem, registry
from metastore_sync.api_docs import KEY_LENGTH
from metastore_sync.errors import TidegateError
from metastore_sync.problem_types import ProblemType
from metastore_sync.registry import RegistryConnection
from metastore_sync.settings import Settings
from tidegate.requests import replayed

#: The statements of `idempotency.sql` as functions.
QUERIES: Any = aiosql.from_path(Path(__file__).parent / "idempotency.sql", "psycopg")

#: How long an answer is kept, in seconds.
KEEP_SECONDS = 24 * 3600
HEADER = "Idempotency-Key"
#: Answers of this type are told while they come to be; what they carry out may simply be sent again.
STREAM = "application/x-ndjson"
#: Says that an answer is the first one, given again.
REPLAYED = "Idempotency-Replayed"
#: Headers that are part of an answer.
_KEPT = ("etag", "location")
_T = TypeVar("_T")


class Idempotent:
    """
    Answers repeated requests from what was answered first.

    Args:
        app: Carries requests out.
        settings: Where the registry is.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless its key has an answer already."""
        key = Headers(scope=scope).get(HEADER, "") if scope["type"] == "http" else ""
        # A key that is none is left to the route, which says what is wrong with it.
        if not key or scope["method"] != "POST" or len(key) > KEY_LENGTH or not _is_plain(key):
            await self._app(scope, receive, send)
            return
        body = (await receive()).get("body", b"")
        again = replayed(body, receive)
        try:
            conn = await _aside(lambda: registry.connect(self._settings))
        except TidegateError as error:
            await problem.of(error)(scope, again, send)
            return
        try:
            await self._once(conn, key, _hash(scope, body), (scope, again, send))
        finally:
            # The lock on the key belongs to the session.
            await _aside(conn.close)

    async def _once(
        self, conn: RegistryConnection, key: str, asked: str, call: tuple[Scope, Receive, Send]
    ) -> None:
        scope, receive, send = call
        known = await _aside(lambda: _answer(conn, key, asked))
        if known is not None:
            await known(scope, receive, send)
            return
        heard = _Heard(send)
        # The answer is held back until it is kept: whoever has it can rely on getting it again.
        await self._app(scope, receive, heard.hear)
        if not heard.is_stream and HTTPStatus.OK <= heard.status < HTTPStatus.MULTIPLE_CHOICES:
            await _aside(lambda: _keep(conn, key, asked, heard))
        await heard.pass_on()


class _Heard:
    """An answer on its way, held back; one that is told line by line goes on at once and is not kept."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._messages: list[Message] = []
        self.is_stream = False

    async def hear(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.is_stream = Headers(raw=message["headers"]).get("Content-Type") == STREAM
        self._messages.append(message)
        if self.is_stream:
            await self.pass_on()

    async def pass_on(self) -> None:
        while self._messages:
            await self._send(self._messages.pop(0))

    @property
    def status(self) -> int:
        return int(next(m["status"] for m in self._messages if m["type"] == "http.response.start"))

    @property
    def body(self) -> bytes:
        return b"".join(m.get("body", b"") for m in self._messages if m["type"] == "http.response.body")

    @property
    def headers(self) -> dict[str, str]:
        start = next(m for m in self._messages if m["type"] == "http.response.start")
        headers = Headers(raw=start["headers"])
        return {name: headers[name] for name in _KEPT if name in headers}


def _answer(conn: RegistryConnection, key: str, asked: str) -> Response | None:
    """Return what to answer without carrying the request out; None when it is to be carried out."""
    if not QUERIES.try_key_lock(conn, key=key)["is_held"]:
        return problem.told(ProblemType.KEY_BUSY, f"{HEADER} {key}: a request with this key still runs")
    row = QUERIES.answer(conn, key=key, keep_seconds=KEEP_SECONDS)
    if row is None:
        return None
    if row["request_hash"] != asked:
        detail = f"{HEADER} {key} belongs to another request: path, body, headers or token differ"
        return problem.told(ProblemType.KEY_REUSED, detail, not_done="Nothing was done.")
    headers = {**row["headers"], REPLAYED: "true"}
    return JSONResponse(row["body"], status_code=row["status"], headers=headers)


def _keep(conn: RegistryConnection, key: str, asked: str, heard: _Heard) -> None:
    QUERIES.forget_answers(conn, keep_seconds=KEEP_SECONDS)
    QUERIES.put_answer(
        conn,
        key=key,
        request_hash=asked,
        status=heard.status,
        body=Jsonb(json.loads(heard.body)),
        headers=Jsonb(heard.headers),
    )


def _hash(scope: Scope, body: bytes) -> str:
    """Return what tells one request from another; nobody gets an answer that was given to another token."""
    headers = Headers(scope=scope)
    said = [headers.get(name, "") for name in ("Authorization", "If-Match", "X-Actor")]
    parts = [scope["path"].encode(), scope["query_string"], body, *(part.encode() for part in said)]
    digests = b"".join(hashlib.sha256(part).digest() for part in parts)
    return hashlib.sha256(digests).hexdigest()


def _is_plain(key: str) -> bool:
    return all("!" <= letter <= "~" for letter in key)


async def _aside(work: Callable[[], _T]) -> _T:
    """Do what waits for the registry on a thread of its own."""
    return await to_thread.run_sync(work)
