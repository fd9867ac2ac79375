"""
The dbt project as one folder of links: the repository's files and the scaffolded models.

dbt wants every model below its project and must not write below the models themselves, and the
repository's checkout is never edited. So builds and DAGs run on `TIDEGATE_HOME/dbt/project`, which
holds a link per entry of the repository's project and a link per scaffolded file (dbt does not walk
into linked folders). A dataset's folder in the repository hides the scaffolded one.
"""

from __future__ import annotations

import os
from pathlib import Path

from lakehouse.dbt_environment import SCAFFOLDED
from metastore_sync.settings import Settings

#: What dbt makes while it runs.
_NOT_LINKED = frozenset({"target", "logs", "dbt_packages", ".user.yml"})


def path(settings: Settings) -> Path:
    """Return the folder dbt runs in; it exists once something was deployed or built."""
    return settings.home / "dbt" / "project"


def refresh(settings: Settings) -> Path:
    """Bring the links up to date and return the folder; safe while others do the same."""
    root = path(settings)
    project = {e.name: e for e in settings.dbt_project.iterdir() if e.name not in _NOT_LINKED}
    _link(root, project, keep=frozenset({SCAFFOLDED}))
    repository = settings.dbt_project / "models"
    scaffolded = {
        f"{folder.name}/{file.name}": file
        for folder in _folders(settings.scaffold_folder)
        if not (repository / folder.name).exists()
        for file in folder.iterdir()
    }
    _link(root / SCAFFOLDED, scaffolded)
    return root


def _folders(parent: Path) -> list[Path]:
    return [entry for entry in parent.iterdir() if entry.is_dir()] if parent.exists() else []


def _link(root: Path, wanted: dict[str, Path], keep: frozenset[str] = frozenset()) -> None:
    root.mkdir(parents=True, exist_ok=True)
    for held in root.rglob("*"):
        name = str(held.relative_to(root))
        if held.is_symlink() and name not in wanted and name.split("/", maxsplit=1)[0] not in keep:
            held.unlink(missing_ok=True)
    for name, target in wanted.items():
        link = root / name
        if link.is_symlink() and link.readlink() == target:
            continue
        link.parent.mkdir(exist_ok=True)
        beside = link.with_name(f".{link.name}.{os.getpid()}")
        beside.symlink_to(target)
        beside.replace(link)
