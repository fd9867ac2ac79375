"""
Breaks the real wires to PostgreSQL and to the object store at a chosen call.

Nothing is pretended: PostgreSQL's socket is shut down before a statement is sent, or after the server
executed it and before its answer is believed; a call to the store fails before it is sent.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import psycopg
import pytest
from botocore.client import BaseClient
from botocore.exceptions import EndpointConnectionError


class Loss(Enum):
    """When a call loses its connection."""

    BEFORE = "before the server has it"
    AFTER = "after the server did it: the reply is lost"
    FOR_GOOD = "before, and every later call too: the process is as good as dead"


@dataclass
class Wire:
    """
    Counts the calls of everything below it and breaks the one numbered `broken_call` (from 1).

    Attributes:
        calls: What was called so far, in order.
    """

    broken_call: int = 0
    loss: Loss = Loss.BEFORE
    calls: list[str] = field(default_factory=list)

    def is_lost(self, what: str) -> bool:
        """Count a call and say whether it loses its connection."""
        self.calls.append(what)
        number = len(self.calls)
        is_dead = self.loss is Loss.FOR_GOOD and 0 < self.broken_call <= number
        return is_dead or number == self.broken_call

    @contextmanager
    def cut(self) -> Iterator[Wire]:
        """Put the wire between this process and its servers."""
        with pytest.MonkeyPatch.context() as patch:
            self._cut_postgres(patch)
            self._cut_store(patch)
            yield self

    def _cut_postgres(self, patch: pytest.MonkeyPatch) -> None:
        wait, connect = psycopg.Connection.wait, psycopg.connect

        def waiting(conn: Any, work: Any, *args: Any, **kwargs: Any) -> Any:
            # Entering a pipeline sends nothing, so that no reply of it can be lost.
            is_silent = getattr(work, "__qualname__", "").startswith("BasePipeline")
            if is_silent or not self.is_lost(f"statement {work.__name__}"):
                return wait(conn, work, *args, **kwargs)
            if self.loss is not Loss.AFTER:
                _shut(conn)
                return wait(conn, work, *args, **kwargs)
            wait(conn, work, *args, **kwargs)
            _shut(conn)
            raise psycopg.OperationalError("the server closed the connection unexpectedly")

        def connecting(*args: Any, **kwargs: Any) -> Any:
            if self.is_lost("connect"):
                raise psycopg.OperationalError("connection refused")
            return connect(*args, **kwargs)

        patch.setattr(psycopg.Connection, "wait", waiting)
        patch.setattr(psycopg, "connect", connecting)
        real = psycopg.Connection.connect.__func__  # type: ignore[attr-defined]

        def opening(cls: Any, *args: Any, **kwargs: Any) -> Any:
            if self.is_lost("connect"):
                raise psycopg.OperationalError("connection refused")
            return real(cls, *args, **kwargs)

        patch.setattr(psycopg.Connection, "connect", classmethod(opening))

    def _cut_store(self, patch: pytest.MonkeyPatch) -> None:
        call = BaseClient._make_api_call

        def calling(client: Any, operation: str, request: Any) -> Any:
            if self.is_lost(operation):
                raise EndpointConnectionError(endpoint_url=client.meta.endpoint_url)
            return call(client, operation, request)

        patch.setattr(BaseClient, "_make_api_call", calling)


def _shut(conn: Any) -> None:
    """Shut the connection's real socket; psycopg finds out by itself."""
    with socket.socket(fileno=os.dup(conn.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)
