"""Settings files of the parts: templates of the repository filled in for one stack."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tidegate.stack import parts, programs
from tidegate.stack.credentials import write_private
from tidegate.stack.installation import Installation

#: Which part reads which rendered file.
FILES: Mapping[str, tuple[str, ...]] = {
    "s3": ("s3proxy.conf",),
    "kafka": ("server.properties",),
    "connect": ("worker.properties",),
    "spark": ("spark-defaults.conf",),
    "airflow": ("airflow.cfg",),
}

AIRFLOW_PASSWORDS = "airflow-passwords.json"


def render(stack: Installation) -> dict[str, str]:
    """Return every settings file by name; a hole in a template is an error, never empty."""
    jinja = Environment(  # noqa: S701 - settings files, not HTML
        loader=FileSystemLoader(stack.project / "connect" / "templates"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    context = _context(stack)
    here = [part.name for part in parts.PARTS if part.name not in stack.external]
    names = [file for name in here for file in FILES.get(name, ())]
    texts = {
        name: jinja.get_template(f"{name}.j2").render(context)
        for name in [*names, "supervisord.conf"]
    }
    user, password = stack.settings.airflow_user, stack.settings.airflow_password
    return {**texts, AIRFLOW_PASSWORDS: json.dumps({user: password}) + "\n"}


def _context(stack: Installation) -> dict[str, object]:
    order = {program: rank for rank, part in enumerate(parts.PARTS) for program in part.programs}
    sections = [
        {**programs.quoted(program), "priority": 10 * (order[program.name] + 1)}
        for program in programs.programs(stack)
    ]
    return {
        "project": stack.project,
        "stack": stack.layout.stack,
        "data": stack.layout.data,
        "logs": stack.layout.logs,
        "socket": stack.layout.socket,
        "ports": stack.ports,
        "settings": stack.settings,
        "secrets": stack.secrets,
        "lake": stack.lake,
        "registry": stack.spark,
        "airflow": stack.airflow,
        "programs": sections,
        "root": os.geteuid() == 0,
    }


def changed_parts(stack: Installation, texts: Mapping[str, str]) -> set[str]:
    """
    Return the parts whose settings files differ from those on disk.

    The supervisor's own file is left out: the supervisor tells which of its programs changed.
    """
    folder = stack.layout.stack
    return {
        part
        for part, names in FILES.items()
        for name in names
        if name in texts and _read(folder / name) not in (None, texts[name])
    }


def write(stack: Installation, texts: Mapping[str, str]) -> None:
    """Write the settings files; each holds a secret or may, so only their owner can read them."""
    for name, text in texts.items():
        if _read(stack.layout.stack / name) != text:
            write_private(stack.layout.stack / name, text)


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
