"""The programs of the stack: command line, environment, folder and user of each."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from metastore_sync.errors import BrokenError
from tidegate.stack import parts, postgres
from tidegate.stack.installation import LOOPBACK, Installation

#: A program's environment names itself and the home: a stray of a dead supervisor can be found.
MARK = "TIDEGATE_PROGRAM"

#: Variables of the caller that every program may see; all others stay outside.
PASSED = ("HOME", "LANG", "LC_ALL", "JAVA_HOME", "TIDEGATE_PROJECT", "SSL_CERT_FILE")

LOG_LINES = (
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process under the supervisor; `user` None means the caller's own."""

    name: str
    command: tuple[str, ...]
    variables: Mapping[str, str]
    directory: Path
    user: str | None = None
    stop_signal: str = "TERM"


def java() -> str:
    """
    Return the Java launcher: JAVA_HOME's, else the one on the PATH.

    Raises:
        BrokenError: There is none.
    """
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if found is None:
        raise BrokenError(
            f"no java program {'in ' + home + '/bin' if home else 'on the PATH'}",
            not_done="Nothing was started.",
            next_command="make setup   (or apt-get install openjdk-17-jdk-headless)",
        )
    return found


def programs(stack: Installation) -> list[Program]:
    """Return every program of the parts that run here, in order of start."""
    build: Mapping[str, Callable[[Installation], Iterable[Program]]] = {
        "postgres": _postgres,
        "s3": _s3,
        "kafka": _kafka,
        "connect": _connect,
        "spark": _spark,
        "service": _service,
        "airflow": _airflow,
    }
    here = [part for part in parts.PARTS if part.name not in stack.external]
    return [program for part in here for program in build[part.name](stack)]


def base_variables(stack: Installation) -> dict[str, str]:
    """Return what every program's environment starts from."""
    folders = [str(Path(sys.prefix) / "bin"), str(Path(java()).parent), "/usr/local/bin"]
    passed = {name: os.environ[name] for name in PASSED if name in os.environ}
    return {
        **passed,
        "PATH": os.pathsep.join([*folders, "/usr/bin", "/bin"]),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TIDEGATE_HOME": str(stack.layout.home),
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
    }


def _jvm(jars: Path, heap: str, main: str, *arguments: str) -> tuple[str, ...]:
    options = ("-XX:+UseSerialGC", f"-Xmx{heap}", *LOG_LINES)
    return (java(), *options, "-cp", f"{jars}/*", main, *arguments)


def _jars(stack: Installation, name: str) -> Path:
    return stack.project / ".jars" / name


def _postgres(stack: Installation) -> Iterable[Program]:
    here = postgres.server(stack)
    options = {
        "listen_addresses": LOOPBACK,
        "port": str(stack.ports.postgres),
        "unix_socket_directories": "",
        "wal_level": "logical",
        "max_connections": "300",
        "shared_buffers": "64MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # A slot that nobody reads must not fill the disk.
        "max_slot_wal_keep_size": "1GB",
    }
    settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    yield Program(
        name="postgres",
        command=(str(here.programs / "postgres"), "-D", str(here.data), *settings),
        variables={},
        directory=here.data.parent,
        user=here.user,
        stop_signal="INT",  # fast shutdown: sessions are ended, nothing is lost
    )


def _s3(stack: Installation) -> Iterable[Program]:
    settings = str(stack.layout.stack / "s3proxy.conf")
    yield Program(
        name="s3",
        command=_jvm(
            _jars(stack, "s3proxy"), "256m", "org.gaul.s3proxy.Main", "--properties", settings
        ),
        variables={"LOG_LEVEL": "info"},
        directory=stack.layout.data,
    )


def _kafka(stack: Installation) -> Iterable[Program]:
    settings = str(stack.layout.stack / "server.properties")
    yield Program(
        name="kafka",
        command=_jvm(_jars(stack, "kafka"), "512m", "kafka.Kafka", settings),
        variables={},
        directory=stack.layout.data,
    )


def _connect(stack: Installation) -> Iterable[Program]:
    main = "org.apache.kafka.connect.cli.ConnectDistributed"
    settings = stack.settings
    plugin = stack.project / "connect" / "s3-sink" / "target" / "plugin"
    secrets = {
        "TIDEGATE_S3_ENDPOINT": settings.s3_endpoint,
        "TIDEGATE_S3_REGION": settings.s3_region,
        "TIDEGATE_S3_ACCESS_KEY": settings.s3_access_key,
        "TIDEGATE_S3_SECRET_KEY": settings.s3_secret_key,
    }
    yield Program(
        name="connect",
        command=_jvm(
            _jars(stack, "kafka"), "512m", main, str(stack.layout.stack / "worker.properties")
        ),
        # The plugin's digest: `tidegate up` restarts the worker when the plugin was built anew.
        variables={**secrets, **stack.cdc, "TIDEGATE_PLUGIN": digest(plugin.rglob("*.jar"))},
        directory=stack.layout.data,
    )


def _spark(stack: Installation) -> Iterable[Program]:
    spec = find_spec("pyspark")
    roots = list(spec.submodule_search_locations or []) if spec else []
    if not roots:
        raise BrokenError(
            "pyspark is not installed in this environment",
            not_done="Nothing was started.",
            next_command="make setup",
        )
    main = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
    settings = stack.layout.stack / "spark-defaults.conf"
    launcher = str(Path(roots[0]) / "bin" / "spark-submit")
    yield Program(
        name="spark",
        command=(launcher, "--properties-file", str(settings), "--class", main, "spark-internal"),
        variables={"SPARK_HOME": roots[0], "AWS_REGION": stack.settings.s3_region},
        directory=stack.layout.data,
    )


def _service(stack: Installation) -> Iterable[Program]:
    arguments = ("--factory", "tidegate.service:app", "--host", LOOPBACK)
    yield Program(
        name="service",
        command=(
            *(sys.executable, "-m", "uvicorn", *arguments),
            *("--port", str(stack.ports.service)),
        ),
        # The sources' digest: `tidegate up` restarts the service when its code changed.
        variables={"TIDEGATE_SOURCES": digest(_sources(stack.project / "python"))},
        directory=stack.project,
    )


def _sources(folder: Path) -> Iterable[Path]:
    return (file for file in folder.rglob("*") if file.suffix in {".py", ".sql", ".html"})


def _airflow(stack: Installation) -> Iterable[Program]:
    modes = {"api": "api-server", "scheduler": "scheduler"}
    modes |= {"dags": "dag-processor", "triggerer": "triggerer"}
    for name, mode in modes.items():
        yield Program(
            name=f"airflow-{name}",
            command=(sys.executable, "-m", "airflow", mode),
            variables=airflow_variables(stack),
            directory=stack.project,
        )


def airflow_variables(stack: Installation) -> dict[str, str]:
    """Return what Airflow's processes, and dbt within them, need beside the base; no secret."""
    host, _, port = stack.settings.thrift.partition(":")
    return {
        "AIRFLOW_HOME": str(stack.layout.stack / "airflow"),
        "AIRFLOW_CONFIG": str(stack.layout.stack / "airflow.cfg"),
        # Processes that rename themselves would overwrite the mark by which strays are found.
        "SPT_NOENV": "1",
        "DO_NOT_TRACK": "1",
        "SCARF_NO_ANALYTICS": "true",
        "TIDEGATE_THRIFT": stack.settings.thrift,
        "TIDEGATE_THRIFT_HOST": host,
        "TIDEGATE_THRIFT_PORT": port,
    }


def digest(files: Iterable[Path]) -> str:
    """Return 12 hex digits that change when a file of these is added, removed or rewritten."""
    found = hashlib.sha256()
    for file in sorted(files):
        status = file.stat()
        found.update(f"{file}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return found.hexdigest()[:12]


def quoted(program: Program) -> dict[str, object]:
    """Return a program as its section of the supervisor's settings file is written."""
    variables = {**program.variables, MARK: program.name}
    return {
        "name": program.name,
        "command": shlex.join(program.command).replace("%", "%%"),
        "environment": ",".join(
            f'{name}="{value.replace("%", "%%")}"' for name, value in variables.items()
        ),
        "directory": program.directory,
        "user": program.user,
        "stop_signal": program.stop_signal,
    }
