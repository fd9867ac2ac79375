"""One record as the demo's producer sends it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """
    One Kafka record and what the ledger keeps of it.

    Attributes:
        key: Kafka key, text.
        value: Payload text; None is a tombstone.
        fact: What the oracle needs of it: `updated_at|status` of an order, the event id of a flight.
        is_admissible: False when the guard has to block it.
    """

    key: str
    value: str | None
    fact: str
    is_admissible: bool = True
