"""
Which names this process has built and tested, from which sources.

A run without a new batch asks every model whether its table lacks something. Only when one wrote are the
tests run again: what they passed on still stands. A process that has just started tests everything.
"""

from __future__ import annotations

from pathlib import Path

from lakehouse import deploy
from lakehouse.build import BuildResult
from metastore_sync.settings import Settings

#: Of one installation's dataset or mart area: the digest of the sources it was last built and tested from.
_TESTED: dict[tuple[Path, str], str] = {}

#: Options of `dbt build` that leave the tests out.
MODELS_ONLY = ("--exclude-resource-type", "test")


def is_tested(settings: Settings, name: str) -> bool:
    """Return whether this process tested the name's tables, and no model or test was changed since."""
    return _TESTED.get((settings.home, name)) == deploy.digest(settings)


def remember(settings: Settings, name: str, sources: str) -> None:
    """Keep that all tests of a name have passed; `sources` is the digest from before its build."""
    _TESTED[settings.home, name] = sources


def forget(settings: Settings, name: str) -> None:
    """Forget a name: its next build runs every test."""
    _TESTED.pop((settings.home, name), None)


def has_written(built: BuildResult) -> bool:
    """Return whether any model of a build changed its table; views hold nothing."""
    return any(node.has_written for node in built.nodes)
