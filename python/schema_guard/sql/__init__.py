"""The guard's statements, as functions named in `guard.sql`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiosql

QUERIES: Any = aiosql.from_path(Path(__file__).parent / "guard.sql", "psycopg")
