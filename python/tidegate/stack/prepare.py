"""What a part needs before its start, and right after it; each step may be repeated."""

from __future__ import annotations

import base64
import subprocess
import sys
import uuid
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

import requests
from botocore.exceptions import ClientError
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NamespaceAlreadyExistsError

from metastore_sync import migrate
from metastore_sync.errors import BrokenError
from tidegate.stack import databases, health, postgres, programs
from tidegate.stack.installation import Installation

#: Airflow's pool for everything that talks to Spark, and how many of its tasks run at once.
SPARK_POOL = {"name": "spark", "slots": 2, "description": "Tasks that use the Spark server"}

NOT_FOUND = 404
STEP_SECONDS = 180


def before(part: str, stack: Installation) -> None:
    """Do what one part needs before it is started."""
    if step := _BEFORE.get(part):
        step(stack)


def after(part: str, stack: Installation) -> None:
    """Do what one part's users need once it is healthy."""
    if step := _AFTER.get(part):
        step(stack)


def _make_store(stack: Installation) -> None:
    (stack.layout.data / "s3").mkdir(exist_ok=True)


def _format_log(stack: Installation) -> None:
    folder = stack.layout.data / "kafka"
    if (folder / "meta.properties").exists():
        return
    settings = str(stack.layout.stack / "server.properties")
    # In one word: an id may begin with a hyphen.
    arguments = ["format", "--standalone", f"--cluster-id={_cluster_id()}", "-c", settings]
    jars = f"{stack.project / '.jars' / 'kafka'}/*"
    command = [programs.java(), "-Xmx128m", "-cp", jars, "kafka.tools.StorageTool", *arguments]
    _run("kafka", command, programs.base_variables(stack), folder.parent)


def _cluster_id() -> str:
    """Return a new cluster id as Kafka wants it: 16 bytes in URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode("ascii").rstrip("=")


def _make_namespace(stack: Installation) -> None:
    """Make Iceberg's namespace `default`: clients send `USE default` on connecting."""
    (stack.layout.data / "spark").mkdir(exist_ok=True)
    settings = stack.settings
    catalog = SqlCatalog(
        "lake",
        uri=f"postgresql+psycopg2://{stack.lake.address}",
        warehouse=f"s3://{settings.lake_bucket}/warehouse",
    )
    try:
        catalog.create_namespace("default")
    except NamespaceAlreadyExistsError:
        return
    finally:
        catalog.engine.dispose()


def _migrate_airflow(stack: Installation) -> None:
    """Bring Airflow's database to the installed version, once per version."""
    home = stack.layout.stack / "airflow"
    home.mkdir(exist_ok=True)
    done = home / f"migrated-{version('apache-airflow')}"
    if done.exists():
        return
    variables = {**programs.base_variables(stack), **programs.airflow_variables(stack)}
    _run("airflow", [sys.executable, "-m", "airflow", "db", "migrate"], variables, home)
    done.touch()


def _make_databases(stack: Installation) -> None:
    databases.ensure(stack)
    migrate.migrate(stack.settings.postgres_dsn)


def _make_buckets(stack: Installation) -> None:
    client = health.s3_client(stack.settings)
    known = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    for name in sorted({stack.settings.raw_bucket, stack.settings.lake_bucket} - known):
        try:
            client.create_bucket(Bucket=name)
        except ClientError as error:
            raise BrokenError(
                f"the bucket {name} could not be made",
                where=f"{stack.settings.s3_endpoint}: {error}",
                not_done="No part that needs it was started.",
                next_command="make the bucket, then tidegate up",
            ) from error


def _make_pool(stack: Installation) -> None:
    settings = stack.settings
    login = {"username": settings.airflow_user, "password": settings.airflow_password}
    pools = f"{settings.airflow_url}/api/v2/pools"
    with requests.Session() as session:
        answer = session.post(f"{settings.airflow_url}/auth/token", json=login, timeout=30)
        if answer.ok:
            session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            answer = session.get(f"{pools}/{SPARK_POOL['name']}", timeout=30)
        if answer.status_code == NOT_FOUND:
            answer = session.post(pools, json=SPARK_POOL, timeout=30)
    if answer.ok:
        return
    raise BrokenError(
        f"Airflow refused to make the pool {SPARK_POOL['name']!r}: HTTP {answer.status_code}",
        where=answer.text[:500],
        not_done="The pool was not made; tasks that name it will not run.",
        next_command="tidegate up",
    )


def _run(part: str, command: list[str], variables: Mapping[str, str], folder: Path) -> None:
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        env=dict(variables),
        cwd=folder,
        timeout=STEP_SECONDS,
    )
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise BrokenError(
            f"{part} could not be prepared: exit code {done.returncode}",
            where=tail,
            not_done=f"{part} was not started.",
            next_command="tidegate doctor",
        )


_BEFORE: Mapping[str, Callable[[Installation], None]] = {
    "postgres": postgres.initialise,
    "s3": _make_store,
    "kafka": _format_log,
    "spark": _make_namespace,
    "airflow": _migrate_airflow,
}

_AFTER: Mapping[str, Callable[[Installation], None]] = {
    "postgres": _make_databases,
    "s3": _make_buckets,
    "airflow": _make_pool,
}
