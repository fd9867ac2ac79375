"""A run in the service, where dbt is loaded already; its lines are told here as they come."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import Any

import requests

from lakehouse.run_result import RunResult
from metastore_sync.errors import BrokenError
from metastore_sync.settings import Settings

#: Seconds to wait for the service to take the request; a run itself may last as long as it needs.
CONNECT_SECONDS = 1.0
#: Seconds without a line after which the service counts as gone; one large model may take its time.
SILENCE_SECONDS = 3600.0


def run(settings: Settings, names: Sequence[str], on_step: Callable[[str], None]) -> list[RunResult] | None:
    """
    Run datasets in the service; None when it is not there or does not know this command's token.

    Raises:
        BrokenError: The service went away before it told the results, or refuses the run.
    """
    try:
        answer = requests.post(
            f"{settings.service_url}/runs",
            json={"datasets": list(names)},
            headers={"Authorization": f"Bearer {settings.token_write}"},
            timeout=(CONNECT_SECONDS, SILENCE_SECONDS),
            stream=True,
        )
    except requests.ConnectionError:
        return None
    with answer:
        if answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
            return None
        if answer.status_code != HTTPStatus.OK:
            raise _refused(settings, answer)
        try:
            return _results(settings, answer.iter_lines(), on_step)
        except requests.RequestException as mistake:
            raise _gone(settings, str(mistake)) from mistake


def _results(
    settings: Settings, lines: Iterable[bytes], on_step: Callable[[str], None]
) -> list[RunResult]:
    for text in lines:
        line: dict[str, Any] = json.loads(text)
        if "results" in line:
            return [RunResult(**told) for told in line["results"]]
        if "error" in line:
            raise _gone(settings, line["error"])
        on_step(line["step"])
    raise _gone(settings, "it ended without a result")


def _refused(settings: Settings, answer: requests.Response) -> BrokenError:
    told = answer.json() if "json" in answer.headers.get("Content-Type", "") else {}
    return BrokenError(
        f"run: the service answered {answer.status_code}: {told.get('detail', answer.reason)}",
        where=settings.service_url,
        not_done="Nothing was started.",
        next_command=told.get("next_command") or "tidegate run --here",
    )


def _gone(settings: Settings, why: str) -> BrokenError:
    return BrokenError(
        f"run: the service stopped telling: {why}",
        where=settings.service_url,
        not_done="What a run had not committed is not there; the next run begins behind what it had.",
        next_command="tidegate run --here",
    )
