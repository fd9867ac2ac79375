"""A contract in a file of its own, named by a dataset file beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from metastore_sync.contract_mistakes import ALLOWED


class ContractFileError(ValueError):
    """A contract's file is missing, or holds no JSON object; the text says which, and what is allowed."""


def read(folder: Path, name: str) -> dict[str, Any]:
    """
    Return the JSON object of a file.

    Args:
        folder: Of the dataset file that names it.
        name: Its path from there.

    Raises:
        ContractFileError: There is no such object.
    """
    try:
        document = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = "there is no such file beside this one" if isinstance(error, FileNotFoundError) else str(error)
        raise ContractFileError(f"is {name}: {why}") from error
    except json.JSONDecodeError as error:
        raise ContractFileError(f"is {name}: line {error.lineno} is not JSON: {error.msg}") from error
    except RecursionError as error:
        raise ContractFileError(f"is {name}: is nested too deep") from error
    if not isinstance(document, dict):
        raise ContractFileError(f"is {name}, which holds no JSON object; allowed: {ALLOWED}")
    return document
