"""HTTP/1.1 messages as raw bytes: where one ends, without touching any of it."""

from __future__ import annotations

from asyncio import StreamReader

#: Answers with these codes never have a body.
_BODILESS = frozenset({204, 304})


async def head(reader: StreamReader) -> bytes:
    """Return the next message's first line and headers; empty when the peer has closed."""
    first = await reader.read(1)
    return first + await reader.readuntil(b"\r\n\r\n") if first else b""


def code(message_head: bytes) -> int:
    """Return the status code of an answer."""
    return int(message_head.split(b" ", 2)[1])


async def request_body(message_head: bytes, reader: StreamReader) -> bytes:
    """Return the body of a request."""
    return await _body(message_head, reader)


async def answer_body(message_head: bytes, reader: StreamReader, method: str) -> bytes:
    """Return the body of an answer."""
    return b"" if method == "HEAD" or code(message_head) in _BODILESS else await _body(message_head, reader)


async def _body(message_head: bytes, reader: StreamReader) -> bytes:
    headers = _headers(message_head)
    if headers.get("transfer-encoding", "") == "chunked":
        return await _chunks(reader)
    return await reader.readexactly(int(headers.get("content-length", "0")))


async def _chunks(reader: StreamReader) -> bytes:
    found = b""
    while True:
        size = await reader.readline()
        chunk = await reader.readexactly(int(size, 16) + len(b"\r\n"))
        found += size + chunk
        if int(size, 16) == 0:
            return found


def _headers(message_head: bytes) -> dict[str, str]:
    lines = message_head.decode("latin-1").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
