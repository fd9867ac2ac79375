"""Dataset files, `connect/datasets/<name>.yml`: read all, or say all that is wrong with any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from metastore_sync import contract_files, mistakes
from metastore_sync.errors import UsageError
from metastore_sync.mistakes import Mistake, Spell
from metastore_sync.model import Dataset, from_document
from metastore_sync.settings import PROJECT

ENDING = ".yml"


@dataclass(frozen=True, slots=True)
class _File:
    """A file that is YAML: its tree with positions, and its plain values."""

    path: Path
    tree: CommentedMap
    document: dict[str, Any]

    def line(self, path: Iterable[str | int]) -> int:
        """Return the line (from 1) of what a path names, or of the nearest thing around it."""
        node: Any = self.tree
        line = 0
        for part in path:
            if isinstance(node, CommentedMap) and part in node:
                line = node.lc.key(part)[0]
            elif isinstance(node, CommentedSeq) and isinstance(part, int):
                line = node.lc.item(part)[0]
            else:
                break
            node = node[part]
        return line + 1


def read(folder: Path) -> list[Dataset]:
    """
    Return the datasets of a folder, by file name.

    Raises:
        UsageError: A file has a mistake; the message lists all as `file:line: field: mistake`.
    """
    if not folder.is_dir():
        raise UsageError(f"{_shown(folder)}: there is no such folder of dataset files")
    wrong: list[str] = []
    files = [file for path in _paths(folder, wrong) if (file := _parse(path, wrong))]
    for file in files:
        wrong += _contract_read(file)
        wrong += (_line(file, mistake) for mistake in _of_file(file))
    wrong += _topics_named_twice(files)
    if wrong:
        raise UsageError(
            f"dataset files: {len(wrong)} mistake{'s' if len(wrong) > 1 else ''}",
            where="\n".join(wrong),
            not_done="No dataset was read; nothing was changed.",
            next_command="correct the files, then: tidegate plan",
        )
    return [from_document(normal(file.document)) for file in files]


def check_document(document: object, spell: Spell = str) -> list[str]:
    """
    Return every mistake of one document under the file spelling, as `field: mistake`.

    Args:
        document: What the API or a connector config declared.
        spell: Renames the fields in the messages for their author.
    """
    if not isinstance(document, dict):
        return ["document: is not a mapping of a dataset's fields"]
    return [f"{m.field(spell)}: {m.text}" for m in mistakes.find(document, spell)]


def normal(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with connector settings as the texts Kafka Connect wants."""
    found = dict(document)
    if isinstance(document.get("connector"), dict):
        found["connector"] = _texts(document["connector"])
    if isinstance(document.get("cdc"), dict):
        cdc = document["cdc"]
        found["cdc"] = {**cdc, "connector": _texts(cdc.get("connector") or {})}
    return found


def _texts(given: dict[str, Any]) -> dict[str, str]:
    return {key: str(v).lower() if isinstance(v, bool) else str(v) for key, v in given.items()}


def _paths(folder: Path, wrong: list[str]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.suffix == ENDING:
            yield path
        elif path.suffix == ".yaml":
            wrong.append(f"{_shown(path)}:1: file: ends in .yaml; allowed: {path.stem}{ENDING}")


def _parse(path: Path, wrong: list[str]) -> _File | None:
    try:
        tree = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        wrong.append(f"{_shown(path)}:{line}: file: is not YAML: {error.problem}")
        return None
    except (YAMLError, UnicodeDecodeError) as error:
        wrong.append(f"{_shown(path)}:1: file: is not UTF-8 YAML: {str(error).splitlines()[0]}")
        return None
    if not isinstance(tree, CommentedMap):
        wrong.append(f"{_shown(path)}:1: file: is not a mapping of a dataset's fields")
        return None
    return _File(path, tree, _plain(tree))


def _plain(node: Any) -> Any:
    """Return a YAML tree as the plain values of its scalars."""
    match node:
        case CommentedMap():
            return {str(key): _plain(value) for key, value in node.items()}
        case CommentedSeq():
            return [_plain(value) for value in node]
        case bool() | None:
            return node
        case int():
            return int(node)
        case float():
            return float(node)
        case _:
            return str(node)


def _of_file(file: _File) -> Iterator[Mistake]:
    yield from mistakes.find(file.document)
    name = file.document.get("name")
    if isinstance(name, str) and name != file.path.stem:
        yield Mistake(("name",), f'is "{name}"; allowed: {file.path.stem}, as the file is called')


def _contract_read(file: _File) -> Iterator[str]:
    """Put a contract that lies in a file of its own into the document, or say why it cannot be."""
    given = file.document.get("contract")
    if isinstance(given, str) and given:
        try:
            file.document["contract"] = contract_files.read(file.path.parent, given)
        except contract_files.ContractFileError as error:
            del file.document["contract"]
            yield _line(file, Mistake(("contract",), str(error)))


def _topics_named_twice(files: Iterable[_File]) -> Iterator[str]:
    owners: dict[str, _File] = {}
    for file in files:
        topic = file.document.get("kafka_topic") or file.document.get("name")
        if not isinstance(topic, str):
            continue
        first = owners.setdefault(topic, file)
        if first is not file:
            text = f"topic {topic} belongs to {_shown(first.path)} already; a topic has one dataset"
            yield _line(file, Mistake(("kafka_topic",), text))


def _line(file: _File, mistake: Mistake) -> str:
    return f"{_shown(file.path)}:{file.line(mistake.path)}: {mistake.field(str)}: {mistake.text}"


def _shown(path: Path) -> str:
    """Return the path, relative to the repository where it lies in there."""
    return str(path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path)
