"""The statements of `sql/queries.sql` as functions: `QUERIES.<name>(connection, parameter=…)`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiosql

#: Generated from the SQL file; a name or parameter that is not there fails at the call.
QUERIES: Any = aiosql.from_path(Path(__file__).parent / "sql" / "queries.sql", "psycopg")
