"""The demo's steps in order; each prints what it does and raises when it does not hold."""

from __future__ import annotations

import time
from collections.abc import Iterable

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from lakehouse import deploy, run
from metastore_sync import apply, dataset_files, registry
from metastore_sync.errors import EXIT_FINE, VerdictError
from metastore_sync.model import DatasetState
from metastore_sync.settings import Settings
from schema_guard import check, decide, report
from schema_guard.core.finding import Verdict
from tidegate.demo import checks, flights, landing, orders, producer
from tidegate.demo.airflow_api import AirflowApi, DagRun
from tidegate.demo.events import Event
from tidegate.demo.ledger import Ledger

NAMES = (orders.TOPIC, flights.TOPIC)


class Story:
    """
    One run of the demo on a stack that is up.

    Args:
        settings: The stack's addresses.
        console: Where the story is told.
    """

    def __init__(self, settings: Settings, console: Console) -> None:
        self._settings = settings
        self._console = console
        self._ledger = Ledger(settings.home)
        self._started = time.monotonic()

    def tell(self) -> None:
        """
        Run every step; return only when all of it was checked against the ledger.

        Raises:
            VerdictError: Something is not as the ledger says.
            BrokenError: A part is away or too slow.
        """
        self._register()
        rejected_before = self._reject_what_is_blocked()
        self._first_wave()
        self._second_wave()
        checks.check_tables(self._settings, self._ledger, self._held)
        checks.check_receipts(self._settings, self._held)
        checks.check_rejected(self._settings, rejected_before, self._held)
        self._show()

    def _register(self) -> None:
        self._step("Register orders and flights (tidegate apply)")
        for topic in NAMES:
            producer.create_topic(self._settings, topic)
        declared = dataset_files.read(self._settings.dataset_folder)
        # The others need what the demo does not bring, such as a table to capture.
        apply.apply(self._settings, [d for d in declared if d.name in NAMES], self._say)
        for change in deploy.deploy(self._settings):
            self._say(change)

    def _reject_what_is_blocked(self) -> int:
        """Reject what an earlier demo left blocked; return how many records are rejected by now."""
        with registry.connect(self._settings) as connection:
            row = registry.dataset(connection, flights.TOPIC)
        if row.state is DatasetState.BLOCKED:
            version = check.check(self._settings, flights.TOPIC)[-1].schema_version or 0
            self._step(f"Reject version {version} of flights, left by the last demo")
            decide.reject(self._settings, flights.TOPIC, version, "demo", "the demo starts over")
        return sum(not record.is_admissible for record in self._ledger.records(flights.TOPIC))

    def _first_wave(self) -> None:
        self._step("First wave: 30,000 TPC-H orders with their updates, and every flight of 2013")
        self._produce(orders.TOPIC, orders.first_wave())
        self._produce(flights.TOPIC, flights.first_wave())
        self._step("tidegate run orders flights: guard → build → receipt")
        results = run.run(self._settings, NAMES, self._say)
        for result in results:
            if result.exit_code != EXIT_FINE:
                raise VerdictError(f"demo: {result.name} ended with exit code {result.exit_code}",
                                   where=result.message, next_command=f"tidegate run {result.name}")
        rows = checks.table_rows(self._settings, "first_gold_rows")
        self._table("First gold rows: gold.agg_flights_daily", rows)

    def _second_wave(self) -> None:
        self._step("Second wave, through Airflow: orders gain a field, flights change one's type")
        self._produce(orders.TOPIC, orders.second_wave())
        self._produce(flights.TOPIC, flights.breaking_wave())
        gold = checks.table_rows(self._settings, "gold")[0]["flights"]
        airflow = AirflowApi(self._settings)
        runs = {}
        for name in NAMES:
            airflow.wait_for_dag(name)
            runs[name] = airflow.trigger(name)
        done = {name: airflow.wait_for_run(name, run_id) for name, run_id in runs.items()}
        self._check_orders_run(done[orders.TOPIC])
        self._check_flights_run(airflow, done[flights.TOPIC])
        if checks.table_rows(self._settings, "gold")[0]["flights"] != gold:
            raise VerdictError("gold.agg_flights_daily changed while flights was blocked")
        self._held("gold.agg_flights_daily is unchanged")

    def _check_orders_run(self, done: DagRun) -> None:
        if done.state != "success":
            raise VerdictError(f"orders: DAG run {done.run_id} ended {done.state}", where=_tasks(done))
        self._held(f"orders: DAG run succeeded ({_tasks(done)})")
        columns = {row["col_name"] for row in checks.table_rows(self._settings, "order_columns")}
        if orders.NEW_FIELD not in columns:
            raise VerdictError(f"silver.slv_orders has no column {orders.NEW_FIELD}")
        self._held(f"silver.slv_orders has the new column {orders.NEW_FIELD}")

    def _check_flights_run(self, airflow: AirflowApi, done: DagRun) -> None:
        guard = next(task for task in done.tasks if task.task_id == "guard")
        if (done.state, guard.state, guard.tries) != ("failed", "failed", 1):
            raise VerdictError("flights: the breaking wave did not stop its DAG", where=_tasks(done))
        blocked = check.check(self._settings, flights.TOPIC)[-1]
        if blocked.verdict != Verdict.BREAKING.value:
            raise VerdictError(f"flights: verdict {blocked.verdict}, BREAKING was expected")
        message = report.render(blocked)
        if message.splitlines()[0] not in airflow.log(done, "guard"):
            raise VerdictError("flights: the guard task's log does not show the verdict")
        self._console.print(message, style="yellow", highlight=False)
        self._held("flights: guard failed its DAG run once, without retry; nothing was loaded")

    def _produce(self, topic: str, events: Iterable[Event]) -> None:
        with Progress(console=self._console, transient=True) as progress:
            task = progress.add_task(f"producing {topic}", total=None)
            ends = producer.produce(
                self._settings, self._ledger, topic, events, lambda: progress.advance(task)
            )
        self._say(f"{topic}: acknowledged up to offsets {ends}")
        landing.wait(self._settings, topic, ends)
        self._say(f"{topic}: landed up to the same offsets")

    def _show(self) -> None:
        self._table("What is in each table", checks.table_rows(self._settings, "table_counts"))
        with registry.connect(self._settings) as connection:
            for title, name in (("Batches and verdicts", "batches"), ("Receipts", "receipts")):
                self._table(title, checks.registry_rows(connection, name))
        settings = self._settings
        self._console.print(
            f"\nStatus page  {settings.service_url}/\n"
            f"Airflow      {settings.airflow_url}/ (user {settings.airflow_user},"
            f" password in {settings.home}/env)\n"
            'SQL          .venv/bin/tidegate sql "table gold.agg_demand_monthly"\n'
            "Decide       .venv/bin/tidegate schema approve|reject flights --version … --why …\n"
            "Stop         .venv/bin/tidegate down",
            highlight=False,
        )

    def _step(self, text: str) -> None:
        seconds = time.monotonic() - self._started
        self._console.print(f"\n[bold]▶ {text}[/bold] [dim]({seconds:.0f} s)[/dim]")

    def _say(self, text: str) -> None:
        self._console.print(f"  {text}", highlight=False, markup=False)

    def _held(self, text: str) -> None:
        self._console.print(f"  [green]✓[/green] {text}", highlight=False)

    def _table(self, title: str, rows: list[dict[str, object]]) -> None:
        table = Table(*(rows[0] if rows else ()), title=title, title_justify="left")
        for row in rows:
            table.add_row(*(str(value) for value in row.values()))
        self._console.print(table)


def _tasks(done: DagRun) -> str:
    return ", ".join(f"{task.task_id} {task.state}" for task in done.tasks)
