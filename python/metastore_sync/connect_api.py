"""Kafka Connect's REST API: Tidegate's calls, with errors that name connector and cause."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import requests
import stamina

from metastore_sync.errors import BrokenError
from metastore_sync.settings import Settings
from metastore_sync.traces import cause_of, causes_of

__all__ = ["ConnectApi", "Connector", "ConnectorStatus", "TaskStatus", "Validation", "cause_of"]

#: Seconds to connect, and to wait for an answer: validation asks store and brokers for real.
TIMEOUT = (3.0, 60.0)
#: Seconds during which a worker that is away or rebalances is asked again.
PATIENCE_SECONDS = 15.0


class _TryAgain(Exception):  # noqa: N818 - never leaves this module
    """Connect answered that it cannot answer now."""


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """One task: its number, state and, when it failed, its causes, the innermost last."""

    task: int
    state: str
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConnectorStatus:
    """A connector's own state and causes, and its tasks."""

    name: str
    state: str
    causes: tuple[str, ...]
    tasks: tuple[TaskStatus, ...]

    @property
    def is_running(self) -> bool:
        """Whether the connector and every task, at least one, are RUNNING."""
        states = {self.state, *(task.state for task in self.tasks)}
        return bool(self.tasks) and states == {"RUNNING"}

    @property
    def failure(self) -> str:
        """Where and why it failed, a cause a line; empty when nothing has."""
        if self.state == "FAILED":
            return _told("connector FAILED", self.causes)
        failed = (t for t in self.tasks if t.state == "FAILED")
        return "\n".join(_told(f"task {t.task} FAILED", t.causes) for t in failed)

    @property
    def observed(self) -> str:
        """The connector's state, FAILED when it or any task is."""
        return "FAILED" if self.failure else self.state

    def __str__(self) -> str:
        """Return the states as a person reads them."""
        tasks = ", ".join(f"task {task.task} {task.state}" for task in self.tasks)
        return f"connector {self.state}, {tasks or 'no task yet'}"


@dataclass(frozen=True, slots=True)
class Connector:
    """A connector as Connect holds it now."""

    config: dict[str, str]
    status: ConnectorStatus


@dataclass(frozen=True, slots=True)
class Validation:
    """
    What Connect and the plugin say about a config.

    Attributes:
        errors: Key to what is wrong with its value.
        known: Every key that somebody reads under this config.
    """

    errors: dict[str, list[str]]
    known: frozenset[str]


class ConnectApi:
    """
    One Connect cluster.

    Every method raises `BrokenError` when the cluster is away or refuses.
    """

    def __init__(self, settings: Settings) -> None:
        self._base = settings.connect_url.rstrip("/")
        self._session = requests.Session()
        # Connect is an address of the installation, never one behind the user's web proxy.
        self._session.trust_env = False

    def configs(self) -> dict[str, dict[str, str]]:
        """Return every connector's config by name."""
        answer = self._call("GET", "/connectors?expand=info", subject="connectors")
        if answer is None:  # a worker that still starts answers 404 to everything
            raise self._refused("connectors", "the worker is still starting")
        return {name: entry["info"]["config"] for name, entry in answer.items()}

    def connectors(self) -> dict[str, Connector]:
        """Return every connector's config and state by name, in one request."""
        answer = self._call("GET", "/connectors?expand=info&expand=status", subject="connectors")
        if answer is None:
            raise self._refused("connectors", "the worker is still starting")
        # A connector deleted while Connect answers has one half only.
        return {
            name: Connector(entry["info"]["config"], _status(name, entry["status"]))
            for name, entry in answer.items()
            if "info" in entry and "status" in entry
        }

    def config(self, name: str) -> dict[str, str] | None:
        """Return one connector's config; none when there is no such connector."""
        found: dict[str, str] | None = self._call("GET", f"{_path(name)}/config", subject=name)
        return found

    def put(self, name: str, config: dict[str, str]) -> None:
        """Create a connector, or give it another config."""
        self._call("PUT", f"{_path(name)}/config", config, subject=name)

    def delete(self, name: str) -> None:
        """Remove a connector; fine when there is none."""
        self._call("DELETE", _path(name), subject=name)

    def restart(self, name: str) -> None:
        """Start the failed parts of a connector again."""
        path = f"{_path(name)}/restart?includeTasks=true&onlyFailed=true"
        self._call("POST", path, subject=name)

    def pause(self, name: str) -> None:
        """Let a connector's tasks rest; they stay with their workers."""
        self._call("PUT", f"{_path(name)}/pause", subject=name)

    def stop(self, name: str) -> None:
        """End a connector's tasks; its config and offsets stay."""
        self._call("PUT", f"{_path(name)}/stop", subject=name)

    def forget_offsets(self, name: str) -> None:
        """Let a stopped connector begin anew when it is made again."""
        self._call("DELETE", f"{_path(name)}/offsets", subject=name)

    def resume(self, name: str) -> None:
        """Let a paused or stopped connector go on."""
        self._call("PUT", f"{_path(name)}/resume", subject=name)

    def validate(self, config: dict[str, str]) -> Validation:
        """Return what is wrong with a config; the sink asks its bucket and brokers for real."""
        path = f"/connector-plugins/{quote(config['connector.class'])}/config/validate"
        answer = self._call("PUT", path, config, subject=config["name"])
        if answer is None:
            raise self._refused(config["name"], f"no plugin {config['connector.class']} installed")
        # A plugin may list keys whose value it does not tell.
        values = [entry["value"] for entry in answer["configs"] if entry["value"]]
        return Validation(
            errors={value["name"]: value["errors"] for value in values if value["errors"]},
            # Connect echoes client overrides that no client has, without a definition.
            known=frozenset(e["value"]["name"] for e in answer["configs"] if e["definition"] and e["value"]),
        )

    def status(self, name: str) -> ConnectorStatus | None:
        """Return a connector's state; none until the workers know it."""
        answer = self._call("GET", f"{_path(name)}/status", subject=name)
        return None if answer is None else _status(name, answer)

    def plugins(self) -> list[str]:
        """Return the classes of the installed connector plugins."""
        answer = self._call("GET", "/connector-plugins", subject="connector plugins")
        return [entry["class"] for entry in answer]

    def _call(self, method: str, path: str, body: dict[str, str] | None = None, *, subject: str) -> Any:
        """Return the answer's JSON; none for 404 and for answers without a body."""
        passing = (requests.ConnectionError, requests.Timeout, _TryAgain)
        try:
            for attempt in stamina.retry_context(
                on=passing, attempts=None, timeout=PATIENCE_SECONDS, wait_max=2.0
            ):
                with attempt:
                    return self._once(method, path, body, subject)
        except (requests.RequestException, _TryAgain) as error:
            raise BrokenError(
                f"{subject}: Kafka Connect does not answer",
                where=f"{self._base}: {_innermost(error)}",
                not_done="Nothing was changed by this call.",
                next_command="tidegate doctor",
            ) from error
        message = "a retry ends with an answer or an error"
        raise AssertionError(message)

    def _once(self, method: str, path: str, body: dict[str, str] | None, subject: str) -> Any:
        answer = self._session.request(method, self._base + path, json=body, timeout=TIMEOUT)
        if answer.ok:
            return answer.json() if answer.content else None
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        message = _message(answer)
        if answer.status_code == HTTPStatus.CONFLICT and "already exists" not in message:
            # The other conflict: the workers rebalance or have not read their configs yet.
            raise _TryAgain(message)
        raise self._refused(subject, message)

    def _refused(self, subject: str, message: str) -> BrokenError:
        return BrokenError(
            f"{subject}: Kafka Connect refused: {message}",
            where=self._base,
            not_done="The connector was not changed.",
            next_command="tidegate doctor",
        )


def _status(name: str, answer: dict[str, Any]) -> ConnectorStatus:
    tasks = (
        TaskStatus(entry["id"], entry["state"], causes_of(entry.get("trace", "")))
        for entry in sorted(answer["tasks"], key=lambda entry: int(entry["id"]))
    )
    own = answer["connector"]
    return ConnectorStatus(name, own["state"], causes_of(own.get("trace", "")), tuple(tasks))


def _told(subject: str, causes: tuple[str, ...]) -> str:
    """Return subject and causes, each cause under the one it led to."""
    if len(causes) < 2:  # noqa: PLR2004 - one cause fits behind its subject
        return f"{subject}: {''.join(causes) or 'Connect gives no trace'}"
    return "\n".join([f"{subject}:", *(f"    {cause}" for cause in causes)])


def _innermost(error: BaseException) -> str:
    """Return what went wrong first; the HTTP client wraps it several times."""
    while error.__context__:
        error = error.__context__
    return str(error)


def _path(name: str) -> str:
    return f"/connectors/{quote(name, safe='')}"


def _message(answer: requests.Response) -> str:
    """Return Connect's reason in one line; a refused config's errors are several lines of it."""
    try:
        text = str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"
    lines = [line.strip() for line in text.splitlines()]
    if len(lines) > 1 and lines[0].endswith("error(s):"):
        return "; ".join(line for line in lines[1:] if line and not line.startswith("You can also find"))
    return cause_of(text)
