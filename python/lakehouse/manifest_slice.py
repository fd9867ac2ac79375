"""
One slice of dbt's manifest: what a DAG is rendered from. Reading one opens no socket.

A slice is a small manifest, and Cosmos reads it as one; the member `tidegate` is ours.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metastore_sync.errors import BrokenError
from metastore_sync.settings import Settings

#: Raised when slices are cut otherwise, so that a deployment cuts them anew.
FORMAT = 1

#: File names of mart slices begin so; a dataset's name holds no dot, so the two cannot meet.
MARTS = "marts."


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """
    The head of one slice file.

    Attributes:
        name: Dataset, or `marts.<area>`.
        path: The file, which Cosmos reads for itself.
        select: dbt selection that builds exactly this slice.
        content_hash: SHA-256, hex, of the nodes with their models' checksums.
        inputs: Asset URIs of what the slice's models read from other slices, sorted.
        models: Names of the models, sorted.
    """

    name: str
    path: Path
    select: str
    content_hash: str
    inputs: tuple[str, ...]
    models: tuple[str, ...]

    @property
    def area(self) -> str:
        """The mart area; empty for a dataset's slice."""
        return self.name.removeprefix(MARTS) if self.name.startswith(MARTS) else ""


def asset_uri(name: str) -> str:
    """
    Return the address of the asset that tells that a slice's tables are new and proven.

    >>> asset_uri("orders"), asset_uri("marts.sales")
    ('tidegate://orders/receipt', 'tidegate://marts/sales')
    """
    area = name.removeprefix(MARTS)
    return f"tidegate://{name}/receipt" if area == name else f"tidegate://marts/{area}"


def path_of(settings: Settings, name: str) -> Path:
    """Return the file of a dataset's slice, or of `marts.<area>`."""
    return settings.manifest_folder / f"{name}.json"


def read(settings: Settings, name: str) -> Slice:
    """
    Return the head of one slice.

    Raises:
        BrokenError: There is no such file, or it is not a slice; the message names the dataset.
    """
    path = path_of(settings, name)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        head = document["tidegate"]
        if head["content_hash"] != content_hash(document["nodes"]):
            raise _broken(name, path, "its content does not match its hash")
        return Slice(
            name=head["name"],
            path=path,
            select=head["select"],
            content_hash=head["content_hash"],
            inputs=tuple(head["inputs"]),
            models=tuple(head["models"]),
        )
    except FileNotFoundError as error:
        raise _broken(name, path, "there is no such file") from error
    except (ValueError, KeyError, TypeError) as error:
        raise _broken(name, path, f"it is not a slice ({error!r})") from error


def marts(settings: Settings) -> list[str]:
    """Return the slice names of all mart areas, sorted; empty before the first deployment."""
    return sorted(path.stem for path in settings.manifest_folder.glob(f"{MARTS}*.json"))


def content_hash(nodes: dict[str, Any]) -> str:
    """Return SHA-256, hex, over the canonical JSON of a slice's nodes."""
    text = json.dumps(nodes, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _broken(name: str, path: Path, fact: str) -> BrokenError:
    return BrokenError(
        f"{name}: its manifest slice cannot be read: {fact}",
        where=str(path),
        not_done="Its DAG has no model tasks.",
        next_command="tidegate apply",
    )
