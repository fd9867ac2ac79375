"""The bodies that the routes of datasets and config answer with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from metastore_sync.api_docs import Strict
from metastore_sync.model import Action, DatasetState, Mode, Removal, Source, Start, Target


class Change(Strict):
    """A key that was changed by hand in Connect."""

    key: str
    old: str | None
    new: str | None


class Observed(Strict):
    """What the dataset's connector was last seen to do."""

    connector: str
    state: str
    since: datetime
    drift: list[Change]


class Dataset(Strict):
    """A dataset with its state; fields as in `POST /datasets`."""

    name: str
    kafkaTopic: str  # noqa: N815 - the API's spelling
    mode: Mode
    owner: str
    pkFields: list[str]  # noqa: N815
    orderBy: list[str]  # noqa: N815
    partitionKeys: list[str]  # noqa: N815
    eventTime: str  # noqa: N815
    eventId: list[str]  # noqa: N815
    transforms: list[str]
    transformJars: list[str] | None = None  # noqa: N815
    schedule: str
    maxLag: int  # noqa: N815
    start: Start
    policy: dict[str, Action]
    removal: Removal
    targets: list[Target]
    connector: dict[str, str]
    cdc: dict[str, Any] | None = None
    landing: dict[str, Any] | None = None
    contract: dict[str, Any]
    state: DatasetState
    revision: int
    source: Source
    observed: Observed | None


class Datasets(Strict):
    """Every dataset, by name."""

    datasets: list[Dataset]


class ActiveSchema(Strict):
    """The version that batches are compared with."""

    version: int
    fingerprint: str
    ddl: str
    # `schema` is a method of pydantic's own.
    types: dict[str, Any] = Field(alias="schema")


class Config(Dataset):
    """A dataset with its ACTIVE schema version; null before the first batch."""

    activeSchema: ActiveSchema | None  # noqa: N815
