"""Java stack traces as people read them: the causes without the frames."""

from __future__ import annotations

_CAUSED = "Caused by: "
#: A cause's text is cut here; a whole payload or config may be in it.
_LONGEST = 300


def causes_of(trace: str) -> tuple[str, ...]:
    r"""
    Return the causes of a trace, outermost first, without frames and without package names.

    The first line is left out when it has a cause: Connect's own says only that the task ended.

    >>> causes_of("a.b.ConnectException: failed\n\tat x\nCaused by: c.d.IOException: disk full\n\t... 3 more")
    ('IOException: disk full',)
    >>> causes_of("a.b.ConfigException: no port")
    ('ConfigException: no port',)
    """
    lines = [line for line in trace.splitlines() if line.strip()]
    # Causes of suppressed exceptions are indented: they are about closing, not about what went wrong.
    causes = [line.removeprefix(_CAUSED) for line in lines if line.startswith(_CAUSED)]
    return tuple(dict.fromkeys(_short(line) for line in causes or lines[:1]))


def cause_of(trace: str) -> str:
    r"""
    Return a trace as one line: its innermost cause.

    >>> cause_of("a.b.ConnectException: failed\n\tat x\nCaused by: c.d.IOException: disk full")
    'IOException: disk full'
    """
    causes = causes_of(trace)
    return causes[-1] if causes else ""


def _short(line: str) -> str:
    """Return `Kind: text`, the kind without its package."""
    kind, colon, text = line.strip().partition(":")
    told = kind.rpartition(".")[2] + colon + text
    return told if len(told) <= _LONGEST else told[: _LONGEST - 1] + "…"
