"""Writes lists, docs/openapi.json and docs/conformance.md from code and results; `--check` compares."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import conformance_page

from metastore_sync.settings import Settings
from schema_guard.core.finding import Code
from schema_guard.core.poison import ErrorType
from schema_guard.core.policy import DEFAULT
from tidegate import service

DOCS = Path(__file__).resolve().parents[1] / "docs"


def openapi() -> str:
    """Return the description of the HTTP API; the same whatever the settings are."""
    described = service.build(Settings(home=DOCS), adopts=False).openapi()
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


def lists() -> dict[Path, str]:
    """Return the text of each list by its file."""
    findings = [(code.value, f"`{DEFAULT[code].value}`") for code in Code]
    reasons = [(reason.value, "") for reason in ErrorType]
    return {
        DOCS / "openapi.json": openapi(),
        DOCS / "conformance.md": conformance_page.page(),
        DOCS / "findings/README.md": _list("Findings", "what it means", DOCS / "findings", findings),
        DOCS / "error-types/README.md": _list(
            "Why a record is rejected", "what is wrong", DOCS / "error-types", reasons
        ),
    }


def _list(title: str, heading: str, folder: Path, entries: list[tuple[str, str]]) -> str:
    has_default = any(default for _, default in entries)
    head = f"| code | {heading} |" + (" default |" if has_default else "")
    rule = "|---|---|" + ("---|" if has_default else "")
    rows = [
        f"| [{name}]({name}.md) | {_first_sentence(folder / f'{name}.md')} |"
        + (f" {default} |" if has_default else "")
        for name, default in entries
    ]
    return "\n".join([f"# {title}", "", "Written by `make docs`.", "", head, rule, *rows, ""])


def _first_sentence(page: Path) -> str:
    """Return the first sentence of a page's first section."""
    section = page.read_text(encoding="utf-8").split("\n## ")[1].split("\n\n", 2)[1]
    return " ".join(section.split()).split(". ")[0].rstrip(".") + "."


def main() -> int:
    """Write the lists, or say which one is out of date."""
    try:
        texts = lists()
    except conformance_page.UnrecordedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    stale = {path: text for path, text in texts.items() if not path.exists() or path.read_text() != text}
    if "--check" in sys.argv:
        for path in stale:
            sys.stderr.write(f"{path.relative_to(DOCS.parent)} is out of date: make docs\n")
        return 1 if stale else 0
    for path, text in stale.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
