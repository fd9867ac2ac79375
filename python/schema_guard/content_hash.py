"""The hash by which receipts compare sets of records; the contract is docs/contracts/content-hash.md."""

from __future__ import annotations

import xxhash

#: Spark's xxhash64 starts from this seed (org.apache.spark.sql.catalyst.expressions.XxHash64).
_SEED = 42
_SEPARATOR, _ABSENT = "\x1f", "\x00"
_SIGN_BIT, _MODULUS = 1 << 63, 1 << 64


def content_hash(
    topic_id: str, partition: int, offset: int, key: str | None, value: str | None
) -> int:
    """
    Return the signed 64-bit hash of one record.

    Args:
        topic_id: 8 hex digits.
        partition: Kafka partition.
        offset: Kafka offset.
        key: Key text (`base64:…` when it is not UTF-8); None when absent.
        value: The producer's text; None is a tombstone.

    >>> content_hash("0a1b2c3d", 0, 7, "k", None) != content_hash("0a1b2c3d", 0, 7, "k", "")
    True
    """
    fields = (
        topic_id,
        str(partition),
        str(offset),
        _ABSENT if key is None else key,
        _ABSENT if value is None else value,
    )
    unsigned = xxhash.xxh64_intdigest(_SEPARATOR.join(fields).encode(), seed=_SEED)
    return unsigned - _MODULUS if unsigned >= _SIGN_BIT else unsigned
