"""What our own tasks share: exit codes as Airflow's outcomes, and the assets they update."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sized

from airflow.sdk import Asset
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from lakehouse.manifest_slice import asset_uri
from metastore_sync import settings as installation
from metastore_sync.errors import EXIT_BROKEN, BlockedError, TidegateError
from metastore_sync.settings import Settings

log = logging.getLogger("tidegate.dags")

#: The DAG of daily maintenance; no dataset is called so: their names hold no dot.
MAINTENANCE = "tidegate.maintenance"


class OwnerToldError(AirflowFailException):
    """The verdict says no, and the step itself tells the owner: no alert of the task repeats it."""


def attempt(name: str, step: str, act: Callable[[Settings, str], Sized]) -> None:
    """
    Run one step of a dataset inside a task.

    Raises:
        AirflowFailException: The verdict says no, or the words are wrong: never retried.
        AirflowException: Something broke: Airflow tries again.
    """
    try:
        done = act(installation.load(), name)
    except TidegateError as error:
        log.error("%s", error.render())  # noqa: TRY400 - the text is the message; a trace would hide it
        raise outcome(error)(error.render()) from None
    log.info("%s: %s made %d result(s)", name, step, len(done))


def outcome(error: TidegateError) -> type[AirflowException]:
    """Return what an error is to Airflow."""
    if error.exit_code == EXIT_BROKEN:
        return AirflowException
    return OwnerToldError if isinstance(error, BlockedError) else AirflowFailException


def asset(name: str) -> Asset:
    """Return the asset that a dataset's receipt, or a mart area, updates."""
    return asset_of(asset_uri(name))


def asset_of(uri: str) -> Asset:
    """Return the asset of an address, as producers and readers both name it."""
    return Asset(uri=uri, name=uri)
