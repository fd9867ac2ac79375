"""The records of tests/cases/faults/fidelity.yml, in bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from tests.faults.cases import FOLDER

Bytes = bytes | None


@dataclass(frozen=True, slots=True)
class HardRecord:
    """One record as its producer sends it; `title` says what is hard about it."""

    title: str
    key: Bytes
    value: Bytes
    headers: tuple[tuple[str, Bytes], ...]


def hard_records() -> list[HardRecord]:
    """Return all of them, in the file's order."""
    found = yaml.safe_load((FOLDER / "fidelity.yml").read_text(encoding="utf-8"))
    return [
        HardRecord(
            title=title,
            key=_bytes(case.get("key")),
            value=_bytes(case["value"]),
            headers=tuple((name, _bytes(value)) for name, value in case.get("headers", ())),
        )
        for title, case in found.items()
    ]


def _bytes(told: Any) -> Bytes:
    match told:
        case None:
            return None
        case str():
            return told.encode()
        case {"hex": digits}:
            return bytes.fromhex(str(digits))
        case {"repeat": [piece, times]}:
            return str(piece).encode() * int(times)
        case {"repeat_hex": [digits, times]}:
            return bytes.fromhex(digits) * int(times)
    message = f"not a way to tell bytes: {told!r}"
    raise ValueError(message)
