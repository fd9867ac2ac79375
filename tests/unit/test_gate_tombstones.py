"""Whether a tombstone's key says which row it deletes."""

from __future__ import annotations

import pytest

from schema_guard.tombstones import names_a_row


@pytest.mark.parametrize(
    ("key", "pk_fields", "is_readable"),
    [
        ("a-7", ["id"], True),
        ("7", ["id"], True),
        ('"a-7"', ["id"], True),
        ('{"id":7}', ["id"], True),
        ('{"id":7,"region":"eu"}', ["id"], True),
        ('{"id":7,"region":"eu"}', ["region", "id"], True),
        (None, ["id"], False),
        ("", ["id"], False),
        ("null", ["id"], False),
        ('{"ID":7}', ["id"], False),
        ('{"id":null}', ["id"], False),
        ('{"id":{"x":1}}', ["id"], False),
        ("[7]", ["id"], False),
        ('{"id":7}', ["id", "region"], False),
        ("7", ["id", "region"], False),
        ("7|eu", ["id", "region"], False),
    ],
)
def test_keys(key, pk_fields, is_readable):
    assert names_a_row(key, tuple(pk_fields)) is is_readable
