"""The stack's secrets: random, made once per TIDEGATE_HOME, readable by their owner alone."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """One random secret per purpose, of letters, digits, `-`, `_`, `=`: no file needs quoting."""

    postgres_admin: str
    registry: str
    spark: str
    lake: str
    airflow_database: str
    shop: str
    s3_access_key: str
    s3_secret_key: str
    token_read: str
    token_write: str
    token_approve: str
    snapshot_key: str
    airflow_password: str
    airflow_fernet: str
    airflow_secret: str
    airflow_jwt: str


def ensure(path: Path) -> Credentials:
    """
    Return the secrets of one home; those that are missing are made and stored.

    Args:
        path: The file of secrets; written with mode 0600.
    """
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    made = Credentials(**{f.name: known.get(f.name) or _new(f.name) for f in fields(Credentials)})
    if asdict(made) != known:
        write_private(path, json.dumps(asdict(made), indent=2) + "\n")
    return made


def _new(name: str) -> str:
    if name == "airflow_fernet":  # a Fernet key is exactly 32 bytes in base64
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")
    return secrets.token_hex(10 if name == "s3_access_key" else 24)


def write_private(path: Path, text: str) -> None:
    """Write a file in one step; nobody but its owner can read it, at any moment."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
