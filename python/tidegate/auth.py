"""Who may do what over HTTP: three bearer tokens, three roles, each including the former."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from http import HTTPStatus
from typing import Annotated

from fastapi import HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from metastore_sync.settings import Settings

#: Set by the page's login; holds the read token, whatever token was shown there.
COOKIE = "tidegate_read"
#: Longest name that is taken from `X-Actor`.
ACTOR_LENGTH = 100

bearer = HTTPBearer(auto_error=False, description="A token of the role that the call needs.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]


class Role(IntEnum):
    """What a token allows; a greater role includes the smaller ones."""

    READ = 1
    WRITE = 2
    APPROVE = 3


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request: the role of the token, and the name to record with decisions."""

    role: Role
    actor: str


class Doorkeeper:
    """
    Tells callers apart by the tokens of the settings.

    Args:
        settings: Empty tokens open nothing.
    """

    def __init__(self, settings: Settings) -> None:
        tokens = {
            Role.READ: settings.token_read,
            Role.WRITE: settings.token_write,
            Role.APPROVE: settings.token_approve,
        }
        self._tokens = {role: token.encode() for role, token in tokens.items() if token}

    def role_of(self, token: str) -> Role | None:
        """Return the greatest role a token opens; the time taken does not tell how close it came."""
        given = token.encode()
        opened = [role for role, known in self._tokens.items() if hmac.compare_digest(known, given)]
        return max(opened, default=None)

    def require(self, role: str) -> Callable[..., Caller]:
        """Return the dependency that lets callers of a role (`read`, `write`, `approve`) through."""
        needed = Role[role.upper()]

        def allowed(request: Request, credentials: Credentials) -> Caller:
            held = self._held(request, credentials)
            if held is None:
                raise HTTPException(
                    HTTPStatus.UNAUTHORIZED,
                    "no valid bearer token was sent",
                    headers={"WWW-Authenticate": "Bearer"},
                )
            if held < needed:
                message = f"the token's role is {held.name.lower()}; this needs {role}"
                raise HTTPException(HTTPStatus.FORBIDDEN, message)
            return Caller(held, _actor(request, held))

        return allowed

    def may_read(self, request: Request) -> bool:
        """Return whether a page may be shown: by its cookie, or by a bearer token."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        shown = token.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE, "")
        return self.role_of(shown) is not None

    def _held(self, request: Request, credentials: HTTPAuthorizationCredentials | None) -> Role | None:
        if credentials is not None:
            return self.role_of(credentials.credentials)
        # A browser sends cookies by itself, so they never open more than reading.
        held = self.role_of(request.cookies.get(COOKIE, ""))
        return None if held is None else Role.READ


def _actor(request: Request, role: Role) -> str:
    named = request.headers.get("X-Actor", "").strip()
    printable = "".join(letter for letter in named if letter.isprintable())
    return printable[:ACTOR_LENGTH] or f"{role.name.lower()} token"
