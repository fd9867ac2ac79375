"""An inferred schema in the forms other tools read: Spark DDL, JSON Schema, dbt YAML."""

from __future__ import annotations

import io
import json
from enum import StrEnum
from typing import Any, assert_never

from ruamel.yaml import YAML

from schema_guard.core.ddl import columns, spark_ddl
from schema_guard.core.json_schema import to_json_schema
from schema_guard.core.schema import Schema


class Form(StrEnum):
    """How a schema is written."""

    #: The registry's own form; `tidegate diff` reads it again without loss.
    JSON = "json"
    DDL = "ddl"
    JSON_SCHEMA = "json-schema"
    DBT = "dbt"


def export(schema: Schema, form: Form, name: str = "records") -> str:
    """Return a schema as text; `name` is the dataset's, for dbt."""
    match form:
        case Form.JSON:
            return json.dumps(schema.to_document(), indent=2, ensure_ascii=False)
        case Form.DDL:
            return spark_ddl(schema)
        case Form.JSON_SCHEMA:
            return json.dumps(to_json_schema(schema), indent=2, ensure_ascii=False)
        case Form.DBT:
            return _dbt(schema, name)
        case _:
            assert_never(form)


def _dbt(schema: Schema, name: str) -> str:
    """Return the columns of a silver model as its YAML has them."""
    required = {field.name for field in schema.fields if not field.nullable}
    found = [_column(column, is_required=column["name"] in required) for column in columns(schema)]
    out = io.StringIO()
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump({"models": [{"name": f"slv_{name}", "columns": found}]}, out)
    return out.getvalue().rstrip("\n")


def _column(column: dict[str, str], *, is_required: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"name": column["name"], "data_type": column["type"]}
    return {**told, "data_tests": ["not_null"]} if is_required else told
