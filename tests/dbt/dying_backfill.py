"""A backfill in a process of its own, which kills itself: `dying_backfill.py DATASET STEP [SECONDS]`."""

import os
import signal
import sys
import threading

from lakehouse import backfill as backfills
from metastore_sync import settings
from tests.dbt.backfilled import WINDOW


def die() -> None:
    """End as the kernel ends a process: nothing is closed, nothing is told."""
    os.kill(os.getpid(), signal.SIGKILL)


name, last, *seconds = sys.argv[1:]


def at(step: backfills.Step | None, _: str) -> None:
    """Die at the step, or so many seconds behind it, whatever is done then."""
    if step == last and seconds:
        threading.Timer(float(seconds[0]), die).start()
    elif step == last:
        die()


backfills.backfill(settings.load(), name, WINDOW, actor="tests", on_step=at)
