"""What `tidegate doctor` looks at: each check says what it saw, and how to mend what is wrong."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import psutil
from botocore.exceptions import BotoCoreError, ClientError

from metastore_sync.errors import BrokenError
from tidegate.stack import health, installation, parts, ports, programs
from tidegate.stack.installation import Installation
from tidegate.stack.state import state
from tidegate.stack.supervisor import LIVE, Supervisor

JAVA_LEAST = 17
DISK_LEAST = 10 * 2**30
MEMORY_LEAST = 5 * 2**30
PRECONDITION_FAILED = 412


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: what was seen, and the command that mends it when it is not fine."""

    name: str
    ok: bool
    fact: str
    fix: str = ""


def doctor(environment: Mapping[str, str] = os.environ) -> list[Check]:
    """Return all checks, in the order in which their fixes should be tried."""
    stack = installation.describe(environment)
    machine = [_java(), _maven(), _packages(stack), _jars(stack), _disk(stack), _memory(stack)]
    return [*machine, *_ports(stack), *_parts(environment), _conditional_put(stack)]


def _java() -> Check:
    fix = "make setup   (or: apt-get install openjdk-17-jdk-headless)"
    try:
        path = programs.java()
    except BrokenError as error:
        return Check(name="java", ok=False, fact=error.fact, fix=fix)
    said = subprocess.run([path, "-version"], check=False, capture_output=True, text=True).stderr
    found = re.search(r'version "(\d+)', said)
    major = int(found[1]) if found else 0
    return Check(name="java", ok=major >= JAVA_LEAST, fact=f"Java {major} at {path}", fix=fix)


def _maven() -> Check:
    path = shutil.which("mvn")
    fix = "make setup   (or: apt-get install maven)"
    return Check(name="maven", ok=path is not None, fact=path or "no mvn on the PATH", fix=fix)


def _packages(stack: Installation) -> Check:
    lock = (stack.project / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", lock, re.MULTILINE)
    wrong = [f"{name} {_installed(name)} → {pin}" for name, pin in pins if _installed(name) != pin]
    shown = ", ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")  # noqa: PLR2004
    fact = f"differs from requirements.lock: {shown}" if wrong else f"{len(pins)} pins installed"
    fix = "rm .jars/.stamps/environment && make setup"
    return Check(name="packages", ok=not wrong, fact=fact, fix=fix)


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _jars(stack: Installation) -> Check:
    folders = [stack.project / ".jars" / name for name in ("kafka", "s3proxy", "spark", "plugins")]
    folders.append(stack.project / "connect" / "s3-sink" / "target" / "plugin")
    missing = [str(f.relative_to(stack.project)) for f in folders if not any(f.rglob("*.jar"))]
    fact = (
        f"no jars in {', '.join(missing)}" if missing else "class paths and plugins are complete"
    )
    return Check(name="jars", ok=not missing, fact=fact, fix="rm -r .jars/.stamps && make setup")


def _disk(stack: Installation) -> Check:
    free = shutil.disk_usage(stack.layout.home).free
    fact = f"{free / 2**30:.0f} GiB free at {stack.layout.home}"
    fix = "TIDEGATE_HOME=<a folder with 10 GiB free> tidegate up"
    return Check(name="disk", ok=free >= DISK_LEAST, fact=fact, fix=fix)


def _memory(stack: Installation) -> Check:
    free = psutil.virtual_memory().available
    runs = any(p.state in LIVE for p in Supervisor(stack.layout).processes().values())
    fact = f"{free / 2**30:.1f} GiB available" + (" beside the running stack" if runs else "")
    fix = "end other programs: the whole stack takes up to 5 GiB"
    return Check(name="memory", ok=runs or free >= MEMORY_LEAST, fact=fact, fix=fix)


def _ports(stack: Installation) -> Iterable[Check]:
    states = Supervisor(stack.layout).processes()
    for part in parts.PARTS:
        ours = any(states[name].state in LIVE for name in part.programs if name in states)
        if part.name in stack.external or ours:
            continue
        taken = [name for name in part.listeners if not ports.is_free(stack.ports.of(name))]
        told = ", ".join(str(stack.ports.of(name)) for name in taken or part.listeners)
        yield Check(
            name=f"port of {part.name}",
            ok=not taken,
            fact=f"{told} {'taken by another program' if taken else 'free'}",
            fix=f"{ports.variable((taken or list(part.listeners))[0])}=<a free port> tidegate up",
        )


def _parts(environment: Mapping[str, str]) -> Iterable[Check]:
    for found in state(environment):
        fact = f"{found.address}: {found.state}, {found.detail or 'answers'}"
        log = f"$TIDEGATE_HOME/logs/{parts.part(found.name).programs[0]}.log"
        fix = f"tidegate up   (its log: {log})"
        yield Check(name=found.name, ok=found.healthy, fact=fact, fix=fix)


def _conditional_put(stack: Installation) -> Check:
    """Put one object twice with `If-None-Match: *`: landing exactly once rests on the refusal."""
    client, bucket = health.s3_client(stack.settings), stack.settings.raw_bucket
    key = f"_doctor/{uuid.uuid4().hex}"
    name = "conditional put"
    fix = "use a store that honours If-None-Match on PUT; without it landing is at-least-once"
    wanted = {"Bucket": bucket, "Key": key, "Body": b"", "IfNoneMatch": "*"}
    try:
        client.put_object(**wanted)
        try:
            client.put_object(**wanted)
        except ClientError as error:
            refused = error.response["ResponseMetadata"]["HTTPStatusCode"] == PRECONDITION_FAILED
            return Check(
                name=name, ok=refused, fact=f"the second PUT of one key: {error}", fix=fix
            )
        finally:
            client.delete_object(Bucket=bucket, Key=key)
    except (BotoCoreError, ClientError) as error:
        return Check(name=name, ok=False, fact=str(error), fix="tidegate up")
    return Check(name=name, ok=False, fact="a second PUT overwrote the first", fix=fix)
