"""The state of every sink connector, in one request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import requests

from metastore_sync import render, render_cdc
from metastore_sync.connect_api import cause_of
from metastore_sync.model import Dataset
from metastore_sync.settings import Settings
from metastore_sync.traces import causes_of
from tidegate.facts.model import ConnectorFact

#: How long Connect may take, in seconds.
SECONDS = 5


def read(settings: Settings, datasets: Iterable[Dataset]) -> dict[str, ConnectorFact]:
    """
    Return dataset → the connector that lands it; datasets without one are left out.

    Raises:
        requests.RequestException: Connect is away.
    """
    connectors = _all(settings)
    return {
        dataset.name: _fact(name, entry["status"])
        for dataset in datasets
        for name, entry in connectors.items()
        if _lands(name, entry, dataset)
    }


def sources(settings: Settings, datasets: Iterable[Dataset]) -> dict[str, ConnectorFact]:
    """
    Return dataset → the connector that captures its table; datasets without one are left out.

    Raises:
        requests.RequestException: Connect is away.
    """
    names = {dataset.name: render_cdc.source_name(dataset.name) for dataset in datasets if dataset.cdc}
    connectors = _all(settings) if names else {}
    return {
        dataset: _fact(name, connectors[name]["status"])
        for dataset, name in names.items()
        if name in connectors
    }


def _all(settings: Settings) -> dict[str, Any]:
    session = requests.Session()
    # Connect is an address of the installation, never one behind the user's web proxy.
    session.trust_env = False
    url = f"{settings.connect_url.rstrip('/')}/connectors?expand=status&expand=info"
    answer = session.get(url, timeout=SECONDS)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def _lands(name: str, entry: Mapping[str, Any], dataset: Dataset) -> bool:
    if name == render.connector_name(dataset.name):
        return True
    config = entry["info"]["config"]
    is_sink = config.get("connector.class") == render.SINK
    return bool(is_sink and config.get("topics") == dataset.kafka_topic)


def _fact(name: str, status: Mapping[str, Any]) -> ConnectorFact:
    own, tasks = status["connector"], status["tasks"]
    traces = [own.get("trace", ""), *(task.get("trace", "") for task in tasks)]
    return ConnectorFact(
        name=name,
        state=own["state"],
        tasks=tuple(task["state"] for task in tasks),
        cause=next((cause_of(trace) for trace in traces if trace), ""),
        causes=_causes(status),
    )


def _causes(status: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    parts = {"connector": status["connector"]}
    parts |= {f"task {task['id']}": task for task in status["tasks"]}
    return {name: causes_of(part["trace"]) for name, part in parts.items() if part.get("trace")}
