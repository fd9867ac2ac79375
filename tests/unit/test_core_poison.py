"""Which texts can never become rows, told exactly, at any depth and size."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from schema_guard.core.json_text import Number, parse, parse_record
from schema_guard.core.poison import ErrorType, PoisonError, check_tree

ROOT = Path(__file__).parents[2]
RECORDS = yaml.safe_load((ROOT / "tests/cases/poison/records.yml").read_text())


def text_of(case: dict[str, Any]) -> str | bytes:
    if "hex" in case:
        return bytes.fromhex(case["hex"])
    if "text" in case:
        return str(case["text"])
    before, piece, times, after = case["repeat"]
    close, again, end = case.get("close", ["", 0, ""])
    return str(before + piece * times + after + close * again + end)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in RECORDS.items()])
def test_record(case: dict[str, Any]) -> None:
    text = text_of(case)
    if case["error"] == "none":
        assert isinstance(parse_record(text), dict)
        return
    with pytest.raises(PoisonError) as caught:
        parse_record(text)

    assert caught.value.error_type == case["error"]
    assert str(caught.value) == caught.value.message


def test_numbers_keep_every_digit() -> None:
    value = parse('{"a": 1.10, "b": 12345678901234567890, "c": 1e2, "d": 0.1234567890123456789}')

    assert value == {
        "a": Number("1.10"),
        "b": 12345678901234567890,
        "c": Number("1e2"),
        "d": Number("0.1234567890123456789"),
    }


def test_any_json_value_may_be_parsed() -> None:
    assert [parse(text) for text in ("5", '"x"', "null", "[]")] == [5, "x", None, []]


def test_error_crosses_processes() -> None:
    error = pickle.loads(pickle.dumps(PoisonError(ErrorType.TOO_LARGE, "m")))  # noqa: S301

    assert (error.error_type, error.message) == (ErrorType.TOO_LARGE, "m")


def test_message_holds_no_value() -> None:
    for text in ('{"a": "secret", }', '{"a": 123456789012345678901234567890123456789}', "secret"):
        with pytest.raises(PoisonError) as caught:
            parse_record(text)
        assert "secret" not in str(caught.value)
        assert "123456" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"a": [{"": 1}]}, ErrorType.EMPTY_KEY),
        ({"a": {"b": 1, "B": 1}}, ErrorType.CASE_COLLISION_IN_RECORD),
    ],
)
def test_values_of_another_parser_are_checked(value: object, error: ErrorType) -> None:
    with pytest.raises(PoisonError) as caught:
        check_tree(value)

    assert caught.value.error_type is error


def test_values_of_another_parser_may_be_too_deep() -> None:
    value: object = 1
    for _ in range(100_000):
        value = [value]
    with pytest.raises(PoisonError) as caught:
        check_tree(value)

    assert caught.value.error_type is ErrorType.TOO_DEEP
    while isinstance(value, list):  # taken apart by hand: freeing it at once would recurse
        value = value.pop()


@pytest.mark.parametrize("error", list(ErrorType))
def test_page_says_what_is_wrong_and_what_to_do(error: ErrorType) -> None:
    page = (ROOT / f"docs/error-types/{error}.md").read_text()

    assert page.startswith(f"# {error}\n")
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == [
        "What is wrong",
        "Why it cannot be loaded",
        "Example",
        "What to do",
    ]
