"""The status page: one card per dataset, rendered here, without anything from elsewhere."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from metastore_sync.settings import Settings
from tidegate.auth import COOKIE, Doorkeeper
from tidegate.health import Physician
from tidegate.reasons import State
from tidegate.status import LAYERS, ORDER
from tidegate.watch import Watch
from tidegate.words import age, ago

#: How often the page asks again, in seconds.
REFRESH_SECONDS = 10
_HERE = Path(__file__).parent
#: State → sign; colour alone would not tell it to everybody.
SIGNS = {
    State.OK: "✓",
    State.LAGGING: "◔",
    State.BLOCKED: "■",
    State.DEGRADED: "▲",
    State.PAUSED: "‖",
}


def router(settings: Settings, watch: Watch, physician: Physician, door: Doorkeeper) -> APIRouter:
    """Return the routes of page and login; they are no part of the API and not in its description."""
    routes = APIRouter(include_in_schema=False)
    pages = _Pages(settings, watch, physician, door)
    routes.add_api_route("/", pages.status, methods=["GET"], response_class=HTMLResponse)
    routes.add_api_route("/login", pages.follow_link, methods=["GET"])
    routes.add_api_route("/login", pages.log_in, methods=["POST"])
    return routes


class _Pages:
    """Renders the page for those who may read, and the login for others."""

    def __init__(self, settings: Settings, watch: Watch, physician: Physician, door: Doorkeeper) -> None:
        self._settings = settings
        self._watch = watch
        self._physician = physician
        self._door = door
        self._templates = Environment(
            loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined
        )
        self._templates.filters |= {"age": age, "ago": ago, "number": "{:,}".format}

    def status(self, request: Request) -> Response:
        """Show every dataset, worst first."""
        if not self._door.may_read(request):
            return self._login("", HTTPStatus.UNAUTHORIZED)
        status = self._watch.look()
        counts = {state: sum(d.state is state for d in status.datasets) for state in ORDER}
        return self._render(
            "status.html",
            HTTPStatus.OK,
            status=status,
            counts={state: number for state, number in counts.items() if number},
            health=self._physician.examine(),
            signs=SIGNS,
            layers=LAYERS,
            refresh=REFRESH_SECONDS,
            airflow=self._settings.airflow_url,
        )

    def follow_link(self, token: str = "") -> Response:
        """Log in by the link that `tidegate status` prints; without a token show the form."""
        return self._enter(token) if token else self._login("", HTTPStatus.OK)

    async def log_in(self, request: Request) -> Response:
        """Log in by the form."""
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        return self._enter(fields.get("token", [""])[0].strip())

    def _enter(self, token: str) -> Response:
        if self._door.role_of(token) is None:
            return self._login("This is not one of the service's tokens.", HTTPStatus.UNAUTHORIZED)
        answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        # The cookie opens reading only, even for those who showed a greater token.
        answer.set_cookie(COOKIE, self._settings.token_read, httponly=True, samesite="strict")
        return answer

    def _login(self, mistake: str, code: HTTPStatus) -> Response:
        return self._render("login.html", code, mistake=mistake)

    def _render(self, name: str, code: HTTPStatus, **words: Any) -> Response:
        nonce = secrets.token_urlsafe(16)
        style = (_HERE / "style.css").read_text(encoding="utf-8")
        now = datetime.now(UTC)
        text = self._templates.get_template(name).render(words, style=style, nonce=nonce, now=now)
        policy = f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'"
        headers = {
            "Content-Security-Policy": f"{policy}; form-action 'self'; frame-ancestors 'none'",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
        return HTMLResponse(text, status_code=code, headers=headers)
