"""Cases of this layer, as pytest wants them."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

#: Where the case files of this layer are.
FOLDER = Path(__file__).parents[1] / "cases" / "faults"

#: `make soak`: everything again and again, each time with another seed.
SOAK = os.environ.get("TIDEGATE_SOAK") == "1"
ROUNDS = 20 if SOAK else 1


def cases(name: str) -> list[Any]:
    """
    Return the cases of a file. Under soak, and those marked `soak` only then, each comes many times.

    The seed then also says how many requests pass before a fault strikes.
    """
    found = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    return [
        pytest.param({**case, **_seeded(seed)}, id=f"{title}, seed {seed}" if SOAK else title)
        for seed in range(1, ROUNDS + 1)
        for title, case in found.items()
        if SOAK or not case.get("soak")
    ]


def _seeded(seed: int) -> dict[str, int]:
    skip = random.Random(seed).randrange(40)  # noqa: S311 - test data
    return {"seed": seed, "skip": skip} if SOAK else {"seed": seed}
