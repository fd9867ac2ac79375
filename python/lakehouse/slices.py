"""Parse the dbt project once and cut its manifest into one slice per dataset and mart area."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

from lakehouse import build
from lakehouse.manifest_slice import MARTS, asset_uri, content_hash, path_of
from metastore_sync.errors import BrokenError
from metastore_sync.settings import Settings

#: What Cosmos reads of a node, and the checksum, so that an edited model changes the slice.
_KEPT = ("unique_id", "name", "resource_type", "package_name", "original_file_path", "fqn", "tags")
_KEPT_CONFIG = ("enabled", "materialized", "meta", "tags", "severity")
_MODELS = frozenset({"model", "seed", "snapshot"})

Node = dict[str, Any]


def write(settings: Settings) -> list[Path]:
    """
    Parse the project and write the slices that changed; files of slices that are gone are removed.

    Returns:
        The files written, sorted.

    Raises:
        BrokenError: The project does not parse; every slice is left as it was.
    """
    manifest = parse(settings)
    wanted = {name: _text(document) for name, document in cut(manifest).items()}
    settings.manifest_folder.mkdir(parents=True, exist_ok=True)
    for path in settings.manifest_folder.glob("*.json"):
        if path.stem not in wanted:
            path.unlink()
    return sorted(path for name, text in wanted.items() if _replace(path := path_of(settings, name), text))


def parse(settings: Settings) -> dict[str, Any]:
    """
    Return the whole project's manifest as JSON values; opens no connection.

    Raises:
        BrokenError: The project does not parse; the message is dbt's, naming the file.
    """
    outcome = build.invoke(settings, ["parse"])
    if not outcome.success:
        lines = str(outcome.exception or "dbt gave no reason").strip().splitlines()
        raise BrokenError(
            f"dbt cannot parse the project: {lines[0] if lines else 'no reason given'}",
            where="\n".join(lines[1:]),
            not_done="No manifest slice was rewritten; DAGs keep their tasks.",
            next_command="tidegate apply",
        )
    document: dict[str, Any] = outcome.result.writable_manifest().to_dict(omit_none=False)
    return document


def cut(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return slice name → slice: a manifest of one folder's models and their tests."""
    project = manifest["metadata"]["project_name"]
    nodes: dict[str, Node] = manifest["nodes"]
    home = {uid: owner(n) for uid, n in nodes.items() if n["resource_type"] in _MODELS}
    members: dict[str, dict[str, Node]] = defaultdict(dict)
    for uid, node in sorted(nodes.items()):
        name = home.get(uid) or _tested(node, home)
        if name:
            members[name][uid] = _trim(node)
    return {name: _slice(name, project, held, home) for name, held in sorted(members.items())}


def owner(node: Node) -> str:
    """Return the slice a model belongs to: its dataset, `marts.<area>`, or empty for neither."""
    folders = node["fqn"][1:-1]
    if not folders:
        return ""
    if folders[0] == MARTS.rstrip("."):
        return MARTS + folders[1] if len(folders) > 1 else ""
    return str(folders[0])


def _tested(node: Node, home: dict[str, str]) -> str:
    # A test across two slices belongs to neither: a DAG could not run it once both are ready.
    if node["resource_type"] != "test":
        return ""
    owners = {home.get(uid, "") for uid in node["depends_on"]["nodes"]}
    return owners.pop() if len(owners) == 1 else ""


def _trim(node: Node) -> Node:
    kept = {key: node.get(key) for key in _KEPT}
    config = node.get("config") or {}
    kept["config"] = {key: config[key] for key in _KEPT_CONFIG if config.get(key) is not None}
    kept["depends_on"] = {"nodes": sorted(node.get("depends_on", {}).get("nodes", []))}
    kept["checksum"] = (node.get("checksum") or {}).get("checksum", "")
    return kept


def _slice(name: str, project: str, nodes: dict[str, Node], home: dict[str, str]) -> dict[str, Any]:
    parents = {uid for node in nodes.values() for uid in node["depends_on"]["nodes"]}
    inputs = {home[uid] for uid in parents if home.get(uid)} - {name}
    models = [node["name"] for node in nodes.values() if node["resource_type"] in _MODELS]
    return {
        "metadata": {"project_name": project},
        "tidegate": {
            "name": name,
            "select": name,
            "content_hash": content_hash(nodes),
            "inputs": sorted(asset_uri(other) for other in inputs),
            "models": sorted(models),
        },
        "nodes": nodes,
        "sources": {},
        "exposures": {},
    }


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _replace(path: Path, text: str) -> bool:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    beside = path.with_suffix(f".{os.getpid()}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
    return True
