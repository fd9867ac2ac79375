"""Operations as people type them."""

from __future__ import annotations

import pytest

from metastore_sync.errors import UsageError
from schema_guard.core.datatype import Array, Format, Integer, String
from schema_guard.core.operation import AddColumn, DropColumn, RenameColumn, WidenColumn
from tidegate.cli import execute
from tidegate.cli.declare import operation


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("add /coupon string", AddColumn("/coupon", String(Format.TEXT))),
        ("add /x/tags array< bigint >", AddColumn("/x/tags", Array(Integer()))),
        ("drop /note", DropColumn("/note")),
        ("widen /id bigint", WidenColumn("/id", Integer())),
        ("rename /town city of birth", RenameColumn("/town", "city of birth")),
    ],
)
def test_words_name_an_operation(text: str, meant: object) -> None:
    assert operation(text) == meant


@pytest.mark.parametrize(
    "text", ["", "drop", "drop note", "add /a", "add /a strin", "rename /a", "delete /a", "drop /a b"]
)
def test_other_words_are_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        operation(text)
    assert raised.value.not_done == "Nothing was declared."


def test_mistakes_end_before_anything_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["schema", "ddl", "orders", "add /a strin", "--why", "w"]) == 64
    assert "add /a strin" in capsys.readouterr().err
