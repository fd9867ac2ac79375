"""A dataset's state and why it is in it: the words that the rules answer with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What a person has to know first about a dataset."""

    #: Somebody told the guard to form no batches.
    PAUSED = "PAUSED"
    #: A batch awaits a decision; nothing behind it is loaded.
    BLOCKED = "BLOCKED"
    #: Something is broken: a proof, a connector, the chain of manifests, a part.
    DEGRADED = "DEGRADED"
    #: A landed record has waited longer than `max_lag`.
    LAGGING = "LAGGING"
    OK = "OK"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a dataset is in its state, and what to type; no command when nothing is to be done."""

    state: State
    text: str
    next_command: str = ""
