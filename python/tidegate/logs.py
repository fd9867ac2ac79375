"""The service's log: one JSON object per line on stderr, and no token in any of them."""

from __future__ import annotations

import logging
import re
import sys

import structlog

#: A token in a query, as the access log would print it.
_TOKEN = re.compile(r"(token=)[^&\s\"]+")


def configure() -> None:
    """Write structured lines as JSON and keep tokens out of the access log."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Locals may hold tokens and payloads.
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.getLogger("uvicorn.access").addFilter(redact)


def redact(record: logging.LogRecord) -> bool:
    """Replace tokens in a log record's arguments; the record itself always passes."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            _TOKEN.sub(r"\1…", value) if isinstance(value, str) else value for value in record.args
        )
    return True
