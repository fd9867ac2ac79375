"""The scan's fast path against the exact one: for any texts, both see the same and reject the same."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any, TypeAlias

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from schema_guard import value_blocks, values
from schema_guard.core.infer import Inference
from schema_guard.core.json_text import parse_record
from schema_guard.core.kinds import Position
from schema_guard.core.outline import outline
from schema_guard.core.poison import ErrorType, PoisonError
from schema_guard.core.spelled import number

#: What became of a text: its fields, or why it was rejected.
Told: TypeAlias = dict[str, object] | ErrorType

#: No deadline: a busy machine breaks no law.
LAW = settings(
    max_examples=5_000 if os.environ.get("TIDEGATE_SOAK") else 250,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

NAMES = st.sampled_from(
    ["a", "b", "c", "id", "at", "A", "İd", 'q"', '":', " :", "x y", "", "n\0", "long" * 9]
)
STRINGS = st.sampled_from(
    [
        "",
        "x",
        '":',
        '" :',
        '"a":1',
        "\n",
        "a\nb",
        "\u2028",
        "ü",
        "😀",
        "-",
        "7",
        "07",
        "1e9",
        "-0.50",
        "2026-11-20",
        "2026-11-20\n",
        "2026-13-20",
        "2026-11-20T10:00:00Z",
        "2026-11-20 10:00:00.123456789+01:00",
        "2026-11-20T10:00",
        "0" * 36,
        "x" * 36,
        "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
        "-" * 36,
        "x" * 40,
    ]
)
NUMBERS = st.sampled_from(
    [
        "0",
        "-0",
        "1.0",
        "1e2",
        "-0.0",
        "0.00",
        "1E-7",
        "100e-2",
        "1e22",
        "1e300",
        "1e308",
        "1e309",
        "1e-400",
        "9007199254740993",
        "9223372036854775808",
        "9" * 37,
        "9" * 38,
        "9" * 39,
        "-" + "9" * 38,
        "1" + "0" * 400,
        "0.12345678901234567890",
        "123456789.123456789012345678",
        "0.1000",
        "00",
        "1.",
        "NaN",
        "-Infinity",
        "+1",
    ]
) | st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str)
SCALARS = st.one_of(
    st.sampled_from(["null", "true", "false"]),
    st.integers(-(10**40), 10**40).map(str),
    st.integers(-9, 9).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    NUMBERS,
    STRINGS.map(json.dumps),
    STRINGS.map(lambda text: json.dumps(text, ensure_ascii=False)),
)
COLONS = st.sampled_from([":"] * 9 + [": ", " :", "\n:", "\t \r\n: "])


@st.composite
def objects(draw: st.DrawFn, members: st.SearchStrategy[str], names: st.SearchStrategy[str] = NAMES) -> str:
    """Draw the text of an object, in which keys may come twice."""
    pairs = draw(st.lists(st.tuples(names, COLONS, members), max_size=4))
    return "{" + ",".join(json.dumps(name) + colon + member for name, colon, member in pairs) + "}"


def arrays(members: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(members, max_size=3).map(lambda items: f"[{', '.join(items)}]")


def nested(inner: str, depth: int) -> str:
    objects_there, lists_there = depth // 2, depth - depth // 2
    return '{"a":' * objects_there + "[" * lists_there + inner + "]" * lists_there + "}" * objects_there


VALUES = st.recursive(SCALARS, lambda inner: arrays(inner) | objects(inner), max_leaves=5)
#: Of few kinds: columns that the fast path judges as a whole.
PLAIN = st.sampled_from(
    ["1", "2.5", "19.99", '"x"', '"2026-11-20"', "true", "null", "[1,2]", '{"a":1}', "[]", "{}"]
)
DEEP = st.builds(nested, st.just("1"), st.sampled_from([4, 64, 126, 127, 128, 129, 1_500]))
BROKEN = st.text(alphabet='{}[]":,\\ \n0123456789.eE+-aAuU\ud800nltruefsNI', max_size=40)
RECORDS = st.one_of(
    objects(VALUES),
    objects(PLAIN, st.sampled_from(["a", "b", "c", "d"])),
    objects(DEEP),
    st.sampled_from(
        [
            "",
            " ",
            "[]",
            "1",
            '{"a":1}{"b":2}',
            '{"c":',
            "3}",
            '{"c":3}\n',
            '{"a":1},',
            '{"a\\\\":1}',
            '{"a":"{\\"b\\":1}"}',
            '{"a":1,"a":"\\u003a"}',
            '{"a":1,"a":"\\u003A\\u003A"}',
            '{"a:b":":","c":"::"}',
            "null",
            '{"a":1}x',
            '{"a":1,}',
            '{"a":"\\ud800"}',
            '\ufeff{"a":1}',
            '{"a":01}',
        ]
    ),
    BROKEN,
)
#: Many texts of one shape, so that columns repeat and formats are told from the whole.
COLUMNS = st.builds(
    lambda cells: [f'{{"id":{row},"v":{cell}}}' for row, cell in enumerate(cells)],
    st.lists(SCALARS, min_size=1, max_size=3).flatmap(
        lambda few: st.lists(st.sampled_from(few), min_size=1, max_size=40)
    ),
)
TEXTS = st.lists(RECORDS, max_size=8) | COLUMNS
SOME = st.none() | st.integers(0, 9)
BELOW = st.fixed_dictionaries({}, optional={"c": SOME, "d:": SOME})
#: Records that an outline holds: their keys may be missing, their values null.
ALIKE = st.lists(
    st.fixed_dictionaries(
        {}, optional={"a": SOME, "b": st.none() | BELOW, "in": st.lists(BELOW, max_size=2)}
    ).map(json.dumps),
    min_size=1,
    max_size=8,
)


def one_by_one(texts: Sequence[str]) -> tuple[Inference, list[Told]]:
    inference, told = Inference(), list[Told]()
    for offset, text in enumerate(texts):
        try:
            value = parse_record(text)
        except PoisonError as poison:
            told.append(poison.error_type)
        else:
            inference.add(value, Position("t", 0, offset))
            told.append(value)
    return inference, told


def in_blocks(texts: Sequence[str], size: int) -> tuple[Inference, list[Told]]:
    inference, told = Inference(), list[Told]()
    for start in range(0, len(texts), size):
        block = [text.encode(errors="surrogatepass") for text in texts[start : start + size]]
        stretch = value_blocks.Stretch("t", 0, range(start, start + len(block)))
        outcome = value_blocks.infer_texts(inference, block, stretch)
        for place, value in enumerate(outcome.values):
            poison = outcome.rejected.get(place)
            told.append(poison.error_type if poison else numbers_of(value))
    return inference, told


def numbers_of(part: Any) -> Any:
    """Return the value with spelled numbers as numbers."""
    todo: list[Any] = [part]
    while todo:
        match todo.pop():
            case dict() as members:
                pairs: list[Any] = list(members.items())
            case list() as members:
                pairs = list(enumerate(members))
            case _:
                continue
        for key, member in pairs:
            if type(member) is bytes:
                members[key] = number(member)
            todo.append(member)
    return part


def told_exactly(one: list[Told], other: list[Told]) -> bool:
    # Comparing dictionaries this deep would recurse, and 1 == True; their text does neither.
    return [spelling(told) for told in one] == [spelling(told) for told in other]


def spelling(told: Told) -> str:
    return told.value if isinstance(told, ErrorType) else repr(told)


@LAW
@given(TEXTS)
@example(['{"a":1}{"b":2}', '{"c":', "3}"])  # as many values as lines, but not one in each
@example(['{"a":1}\n', '{"b":2}'])
def test_blocks_are_read_as_their_texts_are_one_by_one(texts: list[str]) -> None:
    exact, rejected = one_by_one(texts)
    fast, also_rejected = in_blocks(texts, max(1, len(texts)))

    assert told_exactly(also_rejected, rejected)
    assert fast == exact


@LAW
@given(TEXTS, st.integers(1, 8))
def test_where_blocks_end_changes_nothing(texts: list[str], size: int) -> None:
    assert in_blocks(texts, size)[0] == in_blocks(texts, max(1, len(texts)))[0]


@LAW
@given(ALIKE | TEXTS.filter(len), ALIKE | TEXTS, st.integers(0, 8))
@example(['{"a":{"b":1}}', '{"a":{"b":1,"c":2}}'], [], 1)  # a key that was not expected
@example(['{"a":{"b":1,"b":2}}'], ['{"a":{"b":1}}'], 0)
@example(['{"a":{"b":1}}', "{}", '{"\\u0061":null}'], [], 3)
def test_what_is_expected_changes_nothing(texts: list[str], others: list[str], seen: int) -> None:
    exact, told = one_by_one(texts)
    lines = [text.encode(errors="surrogatepass") for text in texts]
    whole = b"\n".join(lines), lines, value_blocks.Stretch("t", 0, range(len(lines)))
    plain, molded = Inference(), Inference()
    is_read = value_blocks.infer_lines(plain, *whole)
    expected = outline(one_by_one([*others, *texts[:seen]])[0].root)

    if value_blocks.infer_lines(molded, *whole, expected):
        assert molded == exact
        assert all(isinstance(value, dict) for value in told)
    else:
        assert not is_read
        assert molded == Inference()


@LAW
@given(RECORDS)
def test_reading_one_text_fast_and_exactly_is_the_same(text: str) -> None:
    try:
        found: Told = values.read(text)
    except PoisonError as poison:
        found = poison.error_type

    assert told_exactly([found], one_by_one([text])[1])
