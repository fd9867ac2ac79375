"""The cases where readers of JSON part ways: our answer to each, the same in every order of arrival."""

from __future__ import annotations

import re
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import yaml

from schema_guard import values
from schema_guard.core.classify import Criteria, judge
from schema_guard.core.ddl import spark_ddl
from schema_guard.core.infer import Inference
from schema_guard.core.kinds import Position
from schema_guard.core.poison import PoisonError
from schema_guard.core.schema import Schema, finalise

CASES = Path(__file__).parents[1] / "cases" / "tricky"
TRICKY = [
    pytest.param(yaml.safe_load(path.read_text()), id=path.stem) for path in sorted(CASES.glob("*.yml"))
]
#: Orders that are tried where all of them would be too many.
MOST_ORDERS = 24


def written(lines: list[str]) -> list[str | bytes]:
    """Write out `N x LINE` with # as a number, <1..9> as keys, <N deep> as arrays, <hex 7b7d> as bytes."""

    def keys(found: re.Match[str]) -> str:
        return ", ".join(f'"k{n}": 1' for n in range(int(found[1]), int(found[2]) + 1))

    found: list[str | bytes] = []
    for line in lines:
        if in_hex := re.fullmatch(r"<hex ([0-9a-f]+)>", line):
            found.append(bytes.fromhex(in_hex[1]))
            continue
        text = re.sub(r"<(\d+)\.\.(\d+)>", keys, line)
        text = re.sub(r"<(\d+) deep>", lambda n: "[" * int(n[1]) + "]" * int(n[1]), text)
        times = re.match(r"(\d+) x ", text)
        if times:
            found += [text[times.end() :].replace("#", str(n)) for n in range(int(times[1]))]
        else:
            found.append(text)
    return found


def observed(texts: list[str | bytes]) -> tuple[Inference, list[str]]:
    inference, rejected = Inference(), []
    for offset, text in enumerate(texts):
        try:
            inference.add(values.read(text), Position("t", 0, offset))
        except PoisonError as poison:
            rejected.append(poison.error_type.value)
    return inference, rejected


def orders(case: dict[str, Any]) -> list[list[str | bytes]]:
    texts = written(case["records"])
    if len(texts) > len("abcd"):
        return [texts, texts[::-1]]
    return [list(order) for order in permutations(texts)][:MOST_ORDERS]


def types_of(schema: Schema) -> list[str]:
    """Return the columns without regard to their order, which is the order of arrival's."""
    return sorted(re.split(r", (?=`[^`]+` )", spark_ddl(schema)))


@pytest.mark.parametrize("case", TRICKY)
def test_every_order_gives_our_answer(case: dict[str, Any]) -> None:
    for texts in orders(case):
        inference, rejected = observed(texts)
        schema = finalise(inference)

        assert types_of(schema) == sorted(re.split(r", (?=`[^`]+` )", case["becomes"]))
        assert sorted(rejected) == sorted(case.get("rejected", []))
        for name, written_as in case.get("formats", {}).items():
            field = schema.root.field(name)
            assert field is not None
            assert field.type.format.value == written_as


@pytest.mark.parametrize("case", [p for p in TRICKY if "then" in p.values[0]])
def test_verdict_against_an_active_version(case: dict[str, Any]) -> None:
    then = case["then"]
    active = finalise(observed(written(then["active"]))[0])
    judgement = judge(active, observed(written(then["batch"]))[0], Criteria(targets=["iceberg_v2"]))

    assert judgement.verdict == then["verdict"]
    assert sorted(f"{f.code} {f.pointer}" for f in judgement.findings) == sorted(then["findings"])


def test_every_case_says_why() -> None:
    assert [case.id for case in TRICKY if not case.values[0]["why"]] == []
