"""A scan's memory does not grow with the file: what it may hold over the interpreter is 64 MB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

CAP = 64_000_000
#: Sizes in bytes; the whole stream only in long runs.
LONG_LINE = 100_000_000
STREAM = 300_000_000 if os.environ.get("TIDEGATE_SOAK") else 30_000_000
#: Of records whose keys are all different; kept, they would take a kilobyte each.
MAPS = STREAM // 3

SCAN = """
import json
from pathlib import Path
from schema_guard.local_files import scan_files

def memory(what):
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split(f"{what}:")[1].split()[0])

before = memory("VmRSS")
found = scan_files(["-"], processes=1)
print(json.dumps({
    "held": memory("VmHWM") - before,
    "records": found.inference.records,
    "rejected": [(r.line, r.error_type) for r in found.rejected],
}))
"""


def long_line() -> Iterator[bytes]:
    yield b'{"id":1}\n{"text":"'
    piece = b"x" * 1_000_000
    for _ in range(LONG_LINE // len(piece)):
        yield piece
    yield b'"}\n{"id":3}\n'


def flat_stream() -> Iterator[bytes]:
    for number in range(STREAM // 1_000_000):
        rows = [{"id": number * 9_000 + row, "at": "2026-11-20", "amount": row / 100} for row in range(9_000)]
        text = "\n".join(json.dumps({**row, "note": "x" * 60}) for row in rows)
        yield text.encode() + b"\n"


def keys_that_are_data() -> Iterator[bytes]:
    for number in range(MAPS // 1_000_000):
        rows = range(number * 20_000, (number + 1) * 20_000)
        yield b"".join(b'{"id": %d, "by_user": {"user-%012d": {"clicks": 1}}}\n' % (row, row) for row in rows)


STREAMS = {
    "one line of 100 MB": (long_line, 2, [[2, "TOO_LARGE"]]),
    "keys that are data": (keys_that_are_data, MAPS // 1_000_000 * 20_000, []),
    "many records": (flat_stream, STREAM // 1_000_000 * 9_000, []),
}


@pytest.mark.parametrize("stream", STREAMS)
def test_a_scan_holds_little(stream: str) -> None:
    made: Callable[[], Iterator[bytes]]
    made, records, rejected = STREAMS[stream]
    with subprocess.Popen(
        [sys.executable, "-c", SCAN], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as scan:
        assert scan.stdin is not None
        assert scan.stdout is not None
        for piece in made():
            scan.stdin.write(piece)
        scan.stdin.close()
        told = json.loads(scan.stdout.read())

    assert (told["records"], told["rejected"]) == (records, rejected)
    assert told["held"] < CAP
