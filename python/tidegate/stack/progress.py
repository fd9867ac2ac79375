"""What `tidegate up` says while it waits: one line per event, on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from rich.console import Console

#: Told of each event: the part's name and what happened to it. Called from several threads.
Progress = Callable[[str, str], None]


def on_stderr() -> Progress:
    """Return a progress that prints elapsed seconds, part and event."""
    console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
    began = time.monotonic()

    def tell(part: str, event: str) -> None:
        elapsed = time.monotonic() - began
        console.print(f"[dim]{elapsed:6.1f} s[/dim]  [bold]{part:<9}[/bold] {event}")

    return tell
