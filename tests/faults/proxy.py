"""
A proxy in front of the store that does harm at a named point.

Bytes pass as they came, the Host header included, so that signatures hold. It finds the worker that
sent a request by the connection it came on: with several workers the right one is hit.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import struct
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Iterable
from typing import Self, assert_never
from urllib.parse import urlsplit

import psutil

from tests.faults import http1
from tests.faults.fault import Deed, Fault, Moment, Target

_REFUSAL_BODY = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
)
_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/xml\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_REFUSAL_BODY), _REFUSAL_BODY)
)
#: A closing with this lingering is a reset.
_RESET = struct.pack("ii", 1, 0)


#: The attempt id in the name of an uploaded object, and in a manifest.
_ATTEMPT_KEY = re.compile(rb"(?:\+|%2B)([0-9a-f]{8})\.jsonl")
_ATTEMPT_FIELD = re.compile(rb'"attempt":\s*"([0-9a-f]{8})"')


class _Gone(Exception):  # noqa: N818 - ends one connection, never leaves this module
    """The worker gets no answer on this connection."""


class FaultProxy:
    """
    Runs in a thread from `with` to its end.

    Attributes:
        url: Where workers find the store.
        hits: How often the fault has struck.
        victim: Process id of the worker that was last killed or stopped.
        struck: Set once the fault has struck as often as it shall.
        outcome: What the store answered to the commit of the object that was struck; 0 before that.
    """

    def __init__(self, store_url: str, fault: Fault, workers: Callable[[], Iterable[int]]) -> None:
        self._store = urlsplit(store_url)
        self._fault = fault
        self._workers = workers
        self._seen = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.url = ""
        self.hits = 0
        self.victim = 0
        self.outcome = 0
        self.struck = threading.Event()
        self._attempt = b""
        self._released = asyncio.Event()

    def __enter__(self) -> Self:
        """Listen on a free port of 127.0.0.1."""
        self._thread.start()
        started = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(started, self._loop).result(10)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def release(self) -> None:
        """Let what is held go on."""
        self._loop.call_soon_threadsafe(self._released.set)

    async def _close(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            while head := await http1.head(reader):
                body = await http1.request_body(head, reader)
                writer.write(await self._answer(head, body, writer))
                await writer.drain()
        except (_Gone, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            reset(writer)
        finally:
            writer.close()

    async def _answer(self, head: bytes, body: bytes, writer: StreamWriter) -> bytes:
        is_hit = self._is_hit(head)
        if is_hit:
            self._attempt = attempt_of(head, body)
        if is_hit and self._fault.moment is Moment.BEFORE and (refusal := await self._strike(writer)):
            return refusal
        answer = await self._forward(head, body)
        if self._attempt and self._attempt in body and Target.MANIFEST.is_meant_by(request_line(head)):
            self.outcome = http1.code(answer)
        if is_hit and self._fault.moment is Moment.APPLIED and (refusal := await self._strike(writer)):
            return refusal
        return answer

    def _is_hit(self, head: bytes) -> bool:
        if not self._fault.target.is_meant_by(request_line(head)):
            return False
        self._seen += 1
        return self._fault.skip < self._seen <= self._fault.skip + self._fault.times

    async def _forward(self, head: bytes, body: bytes) -> bytes:
        method = head.partition(b" ")[0].decode("latin-1")
        reader, writer = await asyncio.open_connection(self._store.hostname, self._store.port)
        try:
            writer.write(head + body)
            answer = await http1.head(reader)
            if not answer:
                raise _Gone
            return answer + await http1.answer_body(answer, reader, method)
        finally:
            writer.close()

    async def _strike(self, writer: StreamWriter) -> bytes:
        """Do the deed; return what to answer instead of the store's answer, if anything."""
        self._count()
        match self._fault.deed:
            case Deed.KILL:
                self._signal(writer, signal.SIGKILL)
                raise _Gone
            case Deed.STOP:
                self._signal(writer, signal.SIGSTOP)
                return b""
            case Deed.REFUSE:
                return _REFUSAL
            case Deed.RESET:
                raise _Gone
            case Deed.HOLD:
                await self._released.wait()
                return b""
            case _:
                assert_never(self._fault.deed)

    def _count(self) -> None:
        self.hits += 1
        if self.hits == self._fault.times:
            self._loop.call_soon(self.struck.set)

    def _signal(self, writer: StreamWriter, number: signal.Signals) -> None:
        port = writer.get_extra_info("peername")[1]
        [self.victim] = [pid for pid in self._workers() if port in _local_ports(pid)]
        os.kill(self.victim, number)


def request_line(head: bytes) -> str:
    """Return the first line of a request."""
    return head.partition(b"\r\n")[0].decode("latin-1")


def attempt_of(head: bytes, body: bytes) -> bytes:
    """Return the attempt id that an upload or a manifest carries; empty when it carries none."""
    found = _ATTEMPT_KEY.search(head) or _ATTEMPT_FIELD.search(body)
    return found[1] if found else b""


def reset(writer: StreamWriter) -> None:
    """Close a connection so that the other side sees a reset, not an end."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


def _local_ports(pid: int) -> set[int]:
    return {connection.laddr.port for connection in psutil.Process(pid).net_connections("tcp")}
