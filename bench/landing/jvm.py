"""The bench's own Java programs: the feed and the counting consumer, run from their sources."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from bench.landing.cases import Topic
from bench.landing.tally import Tally
from metastore_sync.errors import BrokenError
from metastore_sync.settings import PROJECT, Settings
from tidegate.stack import programs

_SOURCES = Path(__file__).parent / "java"
#: The Connect worker's own flags (`tidegate.stack.programs`), so that both clients have the same.
_FLAGS = ("-XX:+UseSerialGC", "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")


def feed(settings: Settings, topic: Topic) -> Tally:
    """Prepare a topic; return what the broker acknowledged."""
    told = _run(
        "FeedTopic",
        settings.kafka_bootstrap,
        topic.name,
        str(topic.partitions),
        str(topic.records),
        str(topic.value_bytes),
    )
    return Tally(told["records"], told["value_bytes"], int(told["digest"], 16))


def count(settings: Settings, topic: Topic) -> dict[str, Any]:
    """Read a topic with the plain consumer; return records, value_bytes, seconds, cpu_seconds."""
    return _run("CountingConsumer", settings.kafka_bootstrap, topic.name, str(topic.records))


def _run(program: str, *words: str) -> dict[str, Any]:
    jars = f"{PROJECT / '.jars' / 'kafka'}/*"
    command = [programs.java(), *_FLAGS, "-cp", jars, str(_SOURCES / f"{program}.java"), *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise BrokenError(
            f"{program} failed with exit code {done.returncode}",
            where="\n".join(done.stderr.strip().splitlines()[-20:]),
            not_done="Nothing is reported.",
            next_command="make bench-landing",
        )
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told
