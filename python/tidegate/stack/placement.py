"""Where the stack's files lie, and what to do when PostgreSQL's own user cannot reach them."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from metastore_sync.errors import BrokenError

#: Longest path of a Unix socket that every kernel takes, less supervisord's suffix while it binds.
SOCKET_PATH = 90

#: For what another system user must reach although TIDEGATE_HOME lies under a private folder.
SHARED_STATE = Path("/var/lib/tidegate")


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one TIDEGATE_HOME."""

    home: Path

    @property
    def stack(self) -> Path:
        """Rendered settings files and secrets."""
        return self.home / "stack"

    @property
    def data(self) -> Path:
        """What the parts store."""
        return self.home / "data"

    @property
    def logs(self) -> Path:
        """One log per program, rotated by the supervisor."""
        return self.home / "logs"

    @property
    def env(self) -> Path:
        """The variables by which every process finds the stack."""
        return self.home / "env"

    @property
    def secrets(self) -> Path:
        """The file of secrets."""
        return self.stack / "secrets.json"

    @property
    def supervisor_conf(self) -> Path:
        """The supervisor's settings file."""
        return self.stack / "supervisord.conf"

    @property
    def socket(self) -> Path:
        """The supervisor's socket; in the temporary folder when the path would be too long."""
        near = self.stack / "supervisor.sock"
        if len(str(near)) <= SOCKET_PATH:
            return near
        return Path(tempfile.gettempdir()) / f"tidegate-{os.getuid()}-{self.token}" / "s.sock"

    @property
    def token(self) -> str:
        """Twelve hex digits that tell this home from every other."""
        return hashlib.sha256(str(self.home).encode()).hexdigest()[:12]

    @property
    def postgres(self) -> Path:
        """PostgreSQL's folder: in the home, or a shared one when its user could not get there."""
        elsewhere = SHARED_STATE / self.token
        near = self.data / "postgres"
        if os.geteuid() != 0 or (others_may_enter(near) and not elsewhere.exists()):
            return near
        return elsewhere

    def make(self) -> None:
        """Make the folders; other users may pass through the home, and read nothing in it."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(stat.S_IMODE(self.home.stat().st_mode) | stat.S_IXOTH | stat.S_IXGRP)
        for folder, mode in ((self.stack, 0o700), (self.data, 0o711), (self.logs, 0o700)):
            folder.mkdir(exist_ok=True)
            folder.chmod(mode)
        self.socket.parent.mkdir(mode=0o700, exist_ok=True)
        if self.socket.parent.stat().st_uid != os.getuid():
            raise BrokenError(
                f"{self.socket.parent} belongs to another user",
                not_done="Nothing was started.",
                next_command="TIDEGATE_HOME=<a shorter path> tidegate up",
            )


def others_may_enter(path: Path) -> bool:
    """
    Return whether any user may walk to `path`: every folder above it that exists lets others pass.

    Args:
        path: An absolute path; it need not exist yet.
    """
    above = [folder for folder in path.resolve().parents if folder.exists()]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in above)
