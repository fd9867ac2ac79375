"""Keys that are data are forgotten, so that memory has a bound: in any order, any split, any process."""

from __future__ import annotations

import json
import pickle
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schema_guard import value_blocks
from schema_guard.core.classify import Criteria, judge
from schema_guard.core.finding import Code
from schema_guard.core.infer import Inference
from schema_guard.core.json_text import parse_record
from schema_guard.core.kinds import Position
from schema_guard.core.node import MAP_KEYS
from schema_guard.core.poison import ErrorType
from schema_guard.core.schema import finalise

LAW = settings(max_examples=15, deadline=None)

#: Ranges of numbered keys that meet, overlap or pass the limit together or alone.
RANGES = st.tuples(
    st.sampled_from([0, 1, 2, 500, 998, 999, 1000]), st.sampled_from([1, 2, 500, 999, 1000, 1001])
)
PLACES = st.sampled_from(["m", "wrapped", "listed", "record"])


def record(place: str, keys: tuple[int, int]) -> dict[str, Any]:
    first, count = keys
    members = {f"k:{number}": number for number in range(first, first + count)}
    match place:
        case "wrapped":
            return {"id": 1, "a": {"m": members}}
        case "listed":
            return {"id": 1, "m": [members, {"k:0": 1}]}
        case "record":
            return members
        case _:
            return {"id": 1, "m": members}


RECORDS = st.builds(record, PLACES, RANGES)


def one_by_one(records: list[tuple[int, dict[str, Any]]]) -> Inference:
    inference = Inference()
    for offset, value in records:
        inference.add(value, Position("t", 0, offset))
    return inference


@LAW
@given(st.lists(RECORDS, min_size=1, max_size=5), st.randoms(use_true_random=False), st.integers(0, 5))
def test_any_order_and_any_split_forget_the_same_keys(
    records: list[dict[str, Any]], random: Random, cut: int
) -> None:
    placed = list(enumerate(records))
    whole = one_by_one(placed)
    random.shuffle(placed)
    parts = one_by_one(placed[:cut]), one_by_one(placed[cut:])
    sent = [pickle.loads(pickle.dumps(part)) for part in parts]  # noqa: S301  our own bytes

    assert sent[1].merge(sent[0]) == one_by_one(placed) == whole
    assert finalise(sent[1]).fingerprint == finalise(whole).fingerprint


@LAW
@given(st.lists(RECORDS, min_size=1, max_size=5), st.integers(1, 5))
def test_blocks_forget_the_same_keys(records: list[dict[str, Any]], size: int) -> None:
    texts = [json.dumps(value).encode() for value in records]
    blocks = Inference()
    for start in range(0, len(texts), size):
        some = texts[start : start + size]
        stretch = value_blocks.Stretch("t", 0, range(start, start + len(some)))
        assert not value_blocks.infer_texts(blocks, some, stretch).rejected

    assert blocks == one_by_one([(n, parse_record(text.decode())) for n, text in enumerate(texts)])


def test_what_lies_below_forgotten_keys_is_still_read() -> None:
    inside = ", ".join(f'"k{number}": 1' for number in range(MAP_KEYS + 1))
    twice = f'{{"m": {{{inside}, "last": {{"a": 1, "a": 2}}}}}}'
    texts = [twice.encode(), f'{{"m": {{{inside}}}}}'.encode()]
    inference = Inference()

    outcome = value_blocks.infer_texts(inference, texts, value_blocks.Stretch("t", 0, range(2)))

    assert {n: poison.error_type for n, poison in outcome.rejected.items()} == {0: ErrorType.DUPLICATE_KEY}
    assert inference.root.children["m"].keys_are_data
    assert not inference.root.children["m"].children


def test_columns_of_the_record_are_never_data() -> None:
    wide = one_by_one([(0, {f"column_{number}": 1 for number in range(3 * MAP_KEYS)})])

    assert len(finalise(wide).fields) == 3 * MAP_KEYS


def test_the_finding_says_how_many_keys_there_were() -> None:
    active = finalise(one_by_one([(0, {"m": {"a": 1}})]))
    rare = one_by_one([(n, {"m": {f"k{n}_{key}": 1 for key in range(20)}}) for n in range(30)])
    many = one_by_one([(0, record("m", (0, MAP_KEYS + 1)))])

    said = [
        finding.evidence.basis
        for batch in (rare, many)
        for finding in judge(active, batch, Criteria(targets=["iceberg_v2"])).findings
        if finding.code is Code.MAP_FOLDED
    ]

    assert said == [
        "600 different keys, each in 3.3% of the objects on average",
        "more than 1,000 different keys",
    ]
