"""Three corpora, each made from its seed: the same bytes on every machine."""

# ruff: noqa: PLR2004  the shares below are the data itself

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

_SEED = 20_261_121
#: zlib's level for the `.gz` copies: what a producer in a hurry picks.
_LEVEL = 6
_WORDS = [
    "river",
    "stone",
    "cloud",
    "table",
    "window",
    "garden",
    "paper",
    "light",
    "engine",
    "market",
    "silver",
    "winter",
    "summer",
    "bridge",
    "forest",
    "orange",
    "kitchen",
    "signal",
    "number",
    "travel",
    "morning",
    "letter",
    "button",
    "corner",
    "island",
    "yellow",
]
_CITIES = ("Ghent", "Kraków", "São Paulo", "Osaka", "Nairobi", "Lyon", "Tromsø", "Perth")
_STATES = ("NEW", "PAID", "PACKED", "SHIPPED", "RETURNED")
_SPARSE_KEYS = 400
_SPARSE_PRESENT = 23
_HEX = "0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Corpus:
    """
    A kind of records.

    Attributes:
        name: Its word in files and reports.
        record: Makes the record of a number.
    """

    name: str
    record: Callable[[Random, int], dict[str, Any]]

    def lines(self, least_bytes: int) -> Iterator[bytes]:
        """Yield lines until they hold so many bytes."""
        random = Random(f"{_SEED}/{self.name}")  # noqa: S311  data, not secrets
        size = number = 0
        while size < least_bytes:
            text = json.dumps(self.record(random, number), ensure_ascii=False, separators=(",", ":"))
            line = text.encode() + b"\n"
            yield line
            size += len(line)
            number += 1


def _order(random: Random, number: int) -> dict[str, Any]:
    cents = random.randrange(100, 500_000)
    return {
        "order_id": 10_000_000 + number,
        "customer_id": random.randrange(1, 900_000),
        "status": random.choice(_STATES),
        "amount": cents / 100,
        "currency": "EUR",
        "quantity": random.randrange(1, 12),
        "sku": f"SKU-{random.randrange(10**6):06d}",
        "created_at": _moment(random),
        "city": random.choice(_CITIES),
        "note": None if random.random() < 0.8 else _text(random, 3),
        "is_gift": random.random() < 0.1,
    }


def _tweet(random: Random, number: int) -> dict[str, Any]:
    """Return what a social network's API gives: the nesting, arrays and long ids of a real one."""
    return {
        "created_at": _moment(random),
        "id": 10**18 + number * 4_096 + random.randrange(4_096),
        "id_str": str(10**18 + number),
        "text": _text(random, 24),
        "source": '<a href="https://example.test/app" rel="nofollow">App</a>',
        "truncated": False,
        "in_reply_to_status_id": None if random.random() < 0.7 else random.randrange(10**18),
        "user": _user(random),
        "geo": None,
        "coordinates": None if random.random() < 0.9 else _point(random),
        "place": None if random.random() < 0.8 else _place(random),
        "entities": _entities(random),
        "extended_entities": {"media": [_medium(random) for _ in range(random.randrange(3, 6))]},
        "retweet_count": random.randrange(5_000),
        "favorite_count": random.randrange(20_000),
        "favorited": False,
        "retweeted": random.random() < 0.1,
        "lang": random.choice(("en", "pt", "ja", "und")),
        "score": round(random.random(), 4),
        "retweeted_status": _quoted(random),
        "quoted_status": None if random.random() < 0.3 else _quoted(random),
    }


def _quoted(random: Random) -> dict[str, Any]:
    return {
        "created_at": _moment(random),
        "id": random.randrange(10**18),
        "text": _text(random, 20),
        "user": _user(random),
        "entities": _entities(random),
        "retweet_count": random.randrange(5_000),
        "possibly_sensitive": False,
    }


def _user(random: Random) -> dict[str, Any]:
    name = random.choice(_WORDS)
    return {
        "id": random.randrange(10**9),
        "id_str": str(random.randrange(10**9)),
        "name": name.title(),
        "screen_name": f"{name}_{random.randrange(10_000)}",
        "location": random.choice((*_CITIES, None)),
        "description": _text(random, 24),
        "url": None if random.random() < 0.5 else f"https://example.test/{name}",
        "verified": random.random() < 0.02,
        "followers_count": random.randrange(10**6),
        "friends_count": random.randrange(5_000),
        "created_at": _moment(random),
        "utc_offset": random.choice((None, 3_600, -10_800)),
        "profile": {
            "background_color": f"{random.randrange(16**6):06X}",
            "image_url": f"https://img.example.test/{_hex(random, 16)}.png",
            "banner_url": f"https://img.example.test/{_hex(random, 24)}.png",
            "use_background_image": True,
        },
    }


def _entities(random: Random) -> dict[str, Any]:
    return {
        "hashtags": [
            {"text": random.choice(_WORDS), "indices": _indices(random)} for _ in range(random.randrange(4))
        ],
        "urls": [
            {
                "url": f"https://t.example.test/{_hex(random, 10)}",
                "expanded_url": f"https://example.test/{random.choice(_WORDS)}/{random.randrange(10**6)}",
                "indices": _indices(random),
            }
            for _ in range(random.randrange(3))
        ],
        "user_mentions": [
            {"screen_name": random.choice(_WORDS), "id": random.randrange(10**9), "indices": _indices(random)}
            for _ in range(random.randrange(3))
        ],
        "symbols": [],
    }


def _medium(random: Random) -> dict[str, Any]:
    return {
        "id": random.randrange(10**18),
        "media_url": f"https://img.example.test/{_hex(random, 20)}.jpg",
        "type": "photo",
        "sizes": {
            name: {"w": width, "h": random.randrange(100, width + 100), "resize": "fit"}
            for name, width in (("thumb", 150), ("small", 680), ("medium", 1200), ("large", 2048))
        },
        "features": {"faces": [_face(random) for _ in range(random.randrange(4))]},
    }


def _face(random: Random) -> dict[str, int]:
    return {side: random.randrange(2_000) for side in ("x", "y", "h", "w")}


def _place(random: Random) -> dict[str, Any]:
    corners = [[round(random.uniform(-180, 180), 6), round(random.uniform(-90, 90), 6)] for _ in range(4)]
    return {
        "id": _hex(random, 16),
        "name": random.choice(_CITIES),
        "bounding_box": {"type": "Polygon", "coordinates": [corners]},
    }


def _point(random: Random) -> dict[str, Any]:
    return {
        "type": "Point",
        "coordinates": [round(random.uniform(-180, 180), 6), round(random.uniform(-90, 90), 6)],
    }


def _reading(random: Random, number: int) -> dict[str, Any]:
    """Return some of 400 keys; a key always has the same kind of value."""
    record: dict[str, Any] = {"device": f"dev-{number % 5_000:05d}", "at": _moment(random)}
    for key in random.sample(range(_SPARSE_KEYS - len(record)), _SPARSE_PRESENT):
        record[f"metric_{key:03d}_{_WORDS[key % len(_WORDS)]}"] = _measured(random, key)
    return record


def _measured(random: Random, key: int) -> object:
    match key % 4:
        case 0:
            return random.randrange(100_000)
        case 1:
            return round(random.uniform(-50, 50), 3)
        case 2:
            return random.choice(_STATES)
        case _:
            return random.random() < 0.5


def _text(random: Random, words: int) -> str:
    return " ".join(random.choices(_WORDS, k=words))


def _hex(random: Random, length: int) -> str:
    return "".join(random.choices(_HEX, k=length))


def _indices(random: Random) -> list[int]:
    start = random.randrange(200)
    return [start, start + random.randrange(1, 30)]


def _moment(random: Random) -> str:
    day, second = random.randrange(1, 29), random.randrange(86_400)
    hour, rest = divmod(second, 3_600)
    minute, second = divmod(rest, 60)
    millis = random.randrange(1_000)
    return f"2026-{random.randrange(1, 13):02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}.{millis:03d}Z"


#: Flat orders of about 215 B, nested tweets of about 4.7 kB, 25 of 400 keys in about 680 B.
CORPORA = (Corpus("flat", _order), Corpus("nested", _tweet), Corpus("sparse", _reading))


@dataclass(frozen=True, slots=True)
class Written:
    """A corpus on disk; `size` is in bytes of text, packed or not."""

    corpus: Corpus
    path: Path
    records: int
    size: int

    @property
    def name(self) -> str:
        """The case's word in reports."""
        return f"{self.corpus.name}{'.gz' if self.path.suffix == '.gz' else ''}"


def write(corpus: Corpus, folder: Path, least_bytes: int) -> list[Written]:
    """Write a corpus as NDJSON and as its `.gz`."""
    plain = folder / f"{corpus.name}.ndjson"
    records = size = 0
    with plain.open("wb") as file:
        for line in corpus.lines(least_bytes):
            file.write(line)
            records += 1
            size += len(line)
    packed = plain.with_suffix(".ndjson.gz")
    with plain.open("rb") as text, gzip.open(packed, "wb", compresslevel=_LEVEL) as file:
        shutil.copyfileobj(text, file, 1 << 20)
    return [Written(corpus, path, records, size) for path in (plain, packed)]
