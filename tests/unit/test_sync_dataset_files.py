"""Dataset files: what is read, and everything that is said about files with mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from metastore_sync import dataset_files, settings
from metastore_sync.errors import UsageError
from metastore_sync.model import Dataset, Mode, to_document
from metastore_sync.spelling import api_field

CASES: dict[str, dict[str, Any]] = YAML(typ="safe").load(
    Path(__file__).parents[1] / "cases" / "dataset_files" / "mistakes.yml"
)


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", list(CASES))
def test_every_mistake_is_told_with_its_line(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    write(tmp_path, case["files"])
    with pytest.raises(UsageError) as raised:
        dataset_files.read(tmp_path)
    told = raised.value.where.replace(f"{tmp_path}/", "").splitlines()
    assert sorted(told) == sorted(case["says"])


def test_defaults_and_connector_texts(tmp_path: Path) -> None:
    text = "name: clicks\nmode: append\nowner: web\nconnector: {a: 1, b: true, c: x}\n"
    write(tmp_path, {"clicks.yml": text, "README.md": "not a dataset"})
    (clicks,) = dataset_files.read(tmp_path)
    assert dict(clicks.connector) == {"a": "1", "b": "true", "c": "x"}
    assert clicks == Dataset(
        name="clicks",
        kafka_topic="clicks",
        mode=Mode.APPEND,
        owner="web",
        connector=clicks.connector,
    )


def test_the_repositorys_own_files_are_fine() -> None:
    folder = settings.PROJECT / "connect" / "datasets"
    names = [dataset.name for dataset in dataset_files.read(folder)]
    assert names == sorted(path.stem for path in folder.glob("*.yml"))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        dataset_files.read(tmp_path / "nowhere")


def test_an_empty_folder_has_no_datasets(tmp_path: Path) -> None:
    assert dataset_files.read(tmp_path) == []


def test_the_api_is_told_in_its_own_spelling() -> None:
    document = {"name": "orders", "mode": "upsert", "owner": "x", "order_by": 1}
    assert dataset_files.check_document(document, api_field) == [
        "pkFields: is empty; mode upsert needs the fields that identify a row",
        "orderBy: is 1; allowed: a list",
    ]


@pytest.mark.parametrize("document", [None, [], "orders", 7])
def test_a_document_that_is_no_mapping(document: object) -> None:
    assert dataset_files.check_document(document) == ["document: is not a mapping of a dataset's fields"]


CONTRACT = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "maximum": 1e3}}}


def test_a_contract_lies_in_the_file_or_beside_it(tmp_path: Path) -> None:
    head = "mode: append\nowner: web\ncontract: "
    files = {
        "clicks.yml": f"name: clicks\n{head}schemas/clicks.json\n",
        "views.yml": f"name: views\n{head}{json.dumps(CONTRACT)}\n",
        "plain.yml": "name: plain\nmode: append\nowner: web\n",
    }
    (tmp_path / "schemas").mkdir()
    write(tmp_path, {**files, "schemas/clicks.json": json.dumps(CONTRACT, indent=2)})

    clicks, plain, views = dataset_files.read(tmp_path)

    assert to_document(clicks)["contract"] == CONTRACT
    assert clicks.contract == views.contract
    assert (plain.contract, to_document(plain)["contract"]) == ("", {})


def test_a_contract_that_is_too_deep_is_a_mistake() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"properties": {"a": deep}}
    document = {"name": "orders", "mode": "append", "owner": "x", "contract": deep}

    assert check_all(document) == ["contract: is nested more than 64 levels deep"]


def check_all(document: dict[str, Any]) -> list[str]:
    return dataset_files.check_document(document, api_field)


def test_a_contracts_text_is_for_files_only() -> None:
    document = {"name": "orders", "mode": "append", "owner": "x", "contract": "orders.schema.json"}
    told = "contract: is no JSON object; allowed: a JSON Schema (2020-12) of one record"

    assert check_all(document) == [told]
