"""The fast way of reading a value is the exact way, only faster."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schema_guard import values
from schema_guard.core import json_text
from schema_guard.core.poison import PoisonError

_SCALARS = st.sampled_from(
    [
        "1", "-0", "1.10", "1e2", "1E400", "-1e999", "0.1234567890123456789", "9" * 38, "9" * 39,
        "-" + "9" * 40, "9" * 400 + ".5", "1e99999999999999999999", "NaN", "Infinity", "-Infinity",
        "null", "true", "01", "1.", ".5", "'a'", '""', '"a"', '"\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"',
        '"x\\":y"', '" :"', '"\t"', '"é"', "",
    ]
)  # fmt: skip
_KEYS = st.sampled_from(['"a"', '"A"', '"b"', '""', '"a\\":b"', '"\\u0061"', '"\u017f"', '"s"', '"K"', '"K"'])
_COLONS = st.sampled_from([":", " :", ": ", "\n:", "\t:\r", "\r:"])


def _objects(inner):
    member = st.tuples(_KEYS, _COLONS, inner).map("".join)
    return st.lists(member, max_size=4).map(lambda members: "{" + ",".join(members) + "}")


def _arrays(inner):
    return st.lists(inner, max_size=3).map(lambda items: "[" + ",".join(items) + "]")


_TEXTS = st.recursive(_SCALARS, lambda inner: _objects(inner) | _arrays(inner), max_leaves=12)
_EDGES = st.sampled_from(["{}", " {}", "{} ", "\ufeff{}", "{}{}", "[{}]", "{}\x00"])


def outcome(read, text):
    try:
        # The text of the result: 1.10 and 1.1 are equal numbers, yet spelled in two ways.
        return repr(read(text))
    except PoisonError as poison:
        return poison.error_type


@settings(max_examples=500, deadline=None)
@given(_objects(_TEXTS) | _TEXTS | _EDGES)
@example('{"a":1,"a" :2}')
@example('{"a":"\\":","a":1}')
@example('{"a":' * 128 + "1" + "}" * 128)
@example('{"a":' * 129 + "1" + "}" * 129)
@example("[" * 100_000)
@example('{"a":[' + "{}," * 200 + "{}]}")
def test_both_ways_agree_about_every_text(text):
    assert outcome(values.read, text) == outcome(json_text.parse_record, text)


@pytest.mark.parametrize(
    "value", [{"id": 1, "note": "a: b", "nested": {"list": [{"x": 1.5}, None, True]}}, {}]
)
def test_ordinary_values_need_no_second_look(value, monkeypatch):
    monkeypatch.setattr(json_text, "parse_record", pytest.fail)

    assert values.read(json.dumps(value)) == value
