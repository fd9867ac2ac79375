"""Guard → build → receipt without Airflow: the functions of a DAG's tasks, in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import stamina

from lakehouse import build, deploy, mart_order, retest, steps
from lakehouse import receipt as receipts
from lakehouse.run_result import RunResult, Step
from metastore_sync import registry
from metastore_sync.errors import EXIT_FINE, BrokenError, TidegateError
from metastore_sync.model import DatasetState
from metastore_sync.settings import Settings

#: As often as a DAG tries: of two builds at once one commits, and the other only has to go again.
BUILD_TRIES = 3
#: How Iceberg, and the statement that writes touched days, say that somebody else committed in between;
#: nothing of the loser was written. The last is what a load of bronze meets when its table's first
#: maintenance added the partition spec of days meanwhile: the statement knows the specs of when it began.
_CONFLICTS = (
    "org.apache.iceberg.exceptions.ValidationException",
    "TIDEGATE_OVERTAKEN",
    'PartitionSpec.schema()" because "this.spec" is null',
)

#: Called with one line for people: the end of a step, or dbt's word on a finished model or test.
OnStep = Callable[[str], None]


def run(settings: Settings, names: Iterable[str], on_step: OnStep) -> list[RunResult]:
    """
    Run the datasets one after the other, then the marts that read one that ran well.

    One dataset's failure stops itself alone; its error is in its result.

    Args:
        settings: Where the parts are.
        names: Datasets; none means every registered dataset that is neither paused nor retired.
        on_step: Called with one line at the end of each step and for each finished model or test.
    """
    results = [_dataset(settings, name, on_step) for name in list(names) or active(settings)]
    proven = {r.name for r in results if r.exit_code == EXIT_FINE and Step.RECEIPT in r.seconds}
    if not proven:
        return results
    try:
        found = areas(settings, proven, on_step)
    except TidegateError as error:
        return [*results, _told("marts", error)]
    is_new = any(r.batches for r in results)
    return results + [_mart(settings, area, on_step, is_new=is_new) for area in found]


def active(settings: Settings) -> list[str]:
    """Return the names of the datasets that run when none is named, sorted."""
    resting = {DatasetState.PAUSED, DatasetState.RETIRED}
    with registry.connect(settings) as conn:
        rows = registry.datasets(conn)
    return sorted(row.dataset.name for row in rows if row.state not in resting)


def _dataset(settings: Settings, name: str, on_step: OnStep) -> RunResult:
    result = RunResult(name=name)

    def guard() -> str:
        reports = steps.guard(settings, name)
        result.batches = len(reports)
        result.records = sum(r.record_count - r.rejected_count for r in reports)
        return f"{result.batches} batch(es) admitted with {result.records} record(s)"

    def prove() -> str:
        result.receipts = len(receipts.receipt(settings, name))
        return f"{result.receipts} receipt line(s), all green"

    work = {
        Step.GUARD: guard,
        Step.BUILD: lambda: _build(settings, result, on_step, is_new=result.batches > 0),
        Step.RECEIPT: prove,
    }
    for step, act in work.items():
        if not _attempt(result, step, act, on_step):
            break
        if step is Step.GUARD and not result.batches and not steps.has_admitted(settings, name):
            on_step(f"{name}: nothing has landed yet, so there is nothing to build")
            break
    return result


def _mart(settings: Settings, area: str, on_step: OnStep, *, is_new: bool) -> RunResult:
    result = RunResult(name=area)
    _attempt(result, Step.BUILD, lambda: _build(settings, result, on_step, is_new=is_new), on_step)
    return result


def areas(settings: Settings, proven: set[str], on_step: OnStep) -> list[str]:
    """Return the mart areas to build after these datasets, inputs first, without those that lack one."""
    heads = {head.name: head for head in mart_order.heads(settings)}
    ready = []
    for name in mart_order.readers(heads.values(), proven):
        if lacks := mart_order.missing(settings, heads[name], heads.values()):
            on_step(f"{name}: not built, it waits for the first of {', '.join(lacks)}")
        else:
            ready.append(name)
    return ready


def _told(name: str, error: TidegateError) -> RunResult:
    return RunResult(name=name, exit_code=error.exit_code, message=error.render())


def _build(settings: Settings, result: RunResult, on_step: OnStep, *, is_new: bool) -> str:
    """Build a name's models and test them; without a new batch test only what was written."""

    def models(words: tuple[str, ...] = ()) -> build.BuildResult:
        return build.build(settings, result.name, on_line=lambda line: on_step(f"  {line}"), words=words)

    if not is_new and retest.is_tested(settings, result.name):
        built = _surely(lambda: models(retest.MODELS_ONLY))
        result.nodes = len(built.nodes)
        if not retest.has_written(built):
            return f"{result.nodes} model(s), which lacked nothing: tests stand"
    sources = deploy.digest(settings)
    retest.forget(settings, result.name)
    result.nodes = len(_surely(models).nodes)
    retest.remember(settings, result.name, sources)
    return f"{result.nodes} model(s) and test(s)"


def _surely(act: Callable[[], build.BuildResult]) -> build.BuildResult:
    """Build again when another run was faster."""
    return stamina.retry(on=met_another, attempts=BUILD_TRIES, timeout=None)(act)()


def met_another(error: Exception) -> bool:
    """Return whether a build lost against another one of the same table, such as a DAG's."""
    return isinstance(error, BrokenError) and any(word in error.where for word in _CONFLICTS)


def _attempt(result: RunResult, step: Step, act: Callable[[], str], on_step: OnStep) -> bool:
    started = time.monotonic()
    try:
        text = act()
    except TidegateError as error:
        result.exit_code, result.message = error.exit_code, error.render()
        text = f"FAILED\n{result.message}"
    spent = round(time.monotonic() - started, 3)
    result.seconds[step.value] = spent
    on_step(f"{result.name}: {step.value} ({spent:.1f} s): {text}")
    return result.exit_code == EXIT_FINE
