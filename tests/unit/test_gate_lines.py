"""Lines come out as they went in, however the bytes were cut up."""

from __future__ import annotations

import gzip
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema_guard.lines import SkippedLine, gunzip, split


def cut(data, places):
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in pairwise(edges)]


_LINES = st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b" ")), max_size=8)
_PLACES = st.lists(st.integers(0, 10_000), max_size=12)


@given(_LINES, _PLACES, st.integers(1, 30))
def test_only_long_lines_are_skipped(lines, places, limit):
    text = b"".join(line + b"\n" for line in lines)

    found = list(split(cut(text, places), limit))

    expected = [line if len(line) <= limit else None for line in lines]
    assert [None if isinstance(line, SkippedLine) else line for line in found] == expected


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4), _PLACES)
def test_gzip_members_are_read_one_after_the_other(members, places):
    stored = b"".join(gzip.compress(member) for member in members)

    assert b"".join(gunzip(cut(stored, places))) == b"".join(members)


def test_a_stream_that_expands_a_lot_is_given_out_in_pieces():
    text = b"x" * (5 << 20)

    pieces = list(gunzip([gzip.compress(text)]))

    assert max(map(len, pieces)) <= 1 << 20
    assert b"".join(pieces) == text


@pytest.mark.parametrize("missing", [1, 8, 15])
def test_a_stream_that_ends_too_early_is_an_error(missing):
    with pytest.raises(zlib.error):
        list(gunzip([gzip.compress(b"hello" * 100)[:-missing]]))
