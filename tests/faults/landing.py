"""One topic that lands: its load, its connector, what was acknowledged and what arrived."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType, TracebackType
from typing import Self

import requests

from metastore_sync import render
from metastore_sync.connect_api import ConnectApi
from metastore_sync.errors import BrokenError
from metastore_sync.model import Dataset, Mode
from metastore_sync.settings import Settings
from tests.faults.landed import Landed
from tests.faults.load import Load
from tests.faults.prints import Print, difference
from tests.faults.topic import Topic
from tests.faults.waiting import until
from tests.faults.watch import Watch

#: Small objects, so that a test commits often; a dead consumer is missed after 6 s, not after 45 s.
CONNECTOR = MappingProxyType(
    {
        "tasks.max": "3",
        "rotate.records": "300",
        "rotate.interval.ms": "700",
        "consumer.override.session.timeout.ms": "6000",
        "consumer.override.heartbeat.interval.ms": "1500",
        "consumer.override.max.poll.records": "200",
    }
)
_ANSWER_SECONDS = 60
#: Records per partition that show that landing goes on.
_SOME = 50


class Landing:
    """
    A topic of a test's own under load, landed by a connector of its own.

    Attributes:
        watch: Compares what the connector reports to Kafka with the manifests, all the while.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        partitions: int = 4,
        seed: int = 1,
        config: Mapping[str, str] | None = None,
    ) -> None:
        name = f"faults_{uuid.uuid4().hex[:8]}"
        self.settings = settings
        self.topic = Topic(settings.kafka_bootstrap, name)
        self.topic.create(partitions, config)
        self.landed = Landed(settings, name)
        self.connect = ConnectApi(settings)
        self.connector = render.connector_name(name)
        self.watch = Watch(self.topic, Landed(settings, name), f"connect-{self.connector}")
        self._acknowledged: Counter[Print] = Counter()
        self._ends: dict[int, int] = {}
        self._seed = seed
        self._load: Load | None = None

    def __enter__(self) -> Self:
        """Begin to watch."""
        self.watch.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove connector and topic."""
        if self._load:
            self._load.stop()
        self.watch.__exit__(kind, error, trace)
        self._when_connect_can(lambda: self.connect.delete(self.connector))
        self.topic.delete()

    def start(self, *, store: str = "", **config: str) -> None:
        """
        Create the connector by one REST call.

        Args:
            store: Address of the store as the connector shall see it; by default the real one.
            config: Settings of the connector that this test wants otherwise.
        """
        dataset = Dataset(
            name=self.topic.name,
            kafka_topic=self.topic.name,
            mode=Mode.APPEND,
            owner="tests",
            connector=MappingProxyType({**CONNECTOR, **config}),
        )
        seen = replace(self.settings, s3_endpoint=store or self.settings.s3_endpoint)
        self._when_connect_can(lambda: self.connect.put(self.connector, render.sink_config(dataset, seen)))

    def load(self, per_second: int = 600) -> None:
        """Begin to send records."""
        self._load = Load(self.topic, per_second=per_second, seed=self._seed)
        self._load.start()

    def stop_load(self) -> None:
        """Send no more; keep what was acknowledged."""
        assert self._load
        self._load.stop()
        self._acknowledged += self._load.acknowledged.records
        self._ends = self.acknowledged_ends()
        self._load = None

    def recreate(self) -> None:
        """Delete the topic and make it again, with as many partitions."""
        self.topic.delete()
        self.topic.create(self.topic.partitions)
        self._ends = {}

    def progress(self) -> None:
        """Wait until records sent from now on, and all before them, have landed; the load goes on."""
        now = self.acknowledged_ends()
        self.wait_for_load({p: now.get(p, 0) + _SOME for p in range(self.topic.partitions)})
        self._wait_for(self.acknowledged_ends())

    def acknowledged_ends(self) -> dict[int, int]:
        """Return the offset behind the last record acknowledged, per partition of the present topic."""
        return {**self._ends, **(self._load.acknowledged.ends if self._load else {})}

    def wait_for_load(self, ends: dict[int, int]) -> None:
        """Wait until the load, which goes on, has reached these offsets."""
        until(
            lambda: all(self.acknowledged_ends().get(p, 0) >= end for p, end in ends.items()),
            lambda: f"the load reaches {ends}; it is at {self.acknowledged_ends()}",
        )

    def settle(self) -> None:
        """End the load and wait until its last record has landed."""
        self.stop_load()
        self._wait_for(self.acknowledged_ends())

    def verify(self, *, reports: bool = True) -> None:
        """
        Compare what landed with what was acknowledged.

        Args:
            reports: Whether to look at the offsets reported to Kafka as well; a test that meddles with
                them itself does not.

        Raises:
            AssertionError: A record is lost, doubled or altered; or was reported before it was safe.
        """
        assert self._acknowledged, "nothing was acknowledged: this test shows nothing"
        found = [self.difference(), *self.landed.broken_links(), *self.landed.rewritten()]
        assert found == [""], "\n".join(found)
        if reports:
            assert self.watch.samples > 0, "nothing was reported: the comparison shows nothing"
            assert not self.watch.breaches, "\n".join(self.watch.breaches)

    def difference(self) -> str:
        """Return what differs between acknowledged and landed records; empty when nothing does."""
        return difference(self._acknowledged, self.landed.records())

    def reported(self) -> dict[int, int]:
        """Return the offsets that the connector's consumers have committed, per partition."""
        return self.topic.group_offsets(f"connect-{self.connector}")

    def vouched(self) -> dict[int, int]:
        """Return the offsets below which manifests vouch for everything, per partition."""
        return {p: self.landed.vouched(self.topic.id, p) for p in range(self.topic.partitions)}

    def ask(self, method: str, path: str, body: object = None) -> requests.Response:
        """Send a request about the connector to Connect."""
        url = f"{self.settings.connect_url}/connectors/{self.connector}{path}"
        return requests.request(method, url, json=body, timeout=_ANSWER_SECONDS)

    def is_running(self) -> bool:
        """Whether Connect says that the connector and all of its tasks run."""
        status = self.connect.status(self.connector)
        return status is not None and status.is_running

    def _wait_for(self, ends: dict[int, int]) -> None:
        def missing() -> dict[int, int]:
            gaps = {p: end - self.landed.vouched(self.topic.id, p) for p, end in ends.items()}
            return {partition: gap for partition, gap in gaps.items() if gap > 0}

        until(
            lambda: not missing(),
            lambda: f"all landed; behind by {missing()}; {self._told()}",
        )

    @staticmethod
    def _when_connect_can(call: Callable[[], None]) -> None:
        """Make a call; workers that are still busy with what a test did to them refuse it for a while."""
        refusals: list[BrokenError] = []

        def is_done() -> bool:
            try:
                call()
            except BrokenError as refusal:
                refusals.append(refusal)
                return False
            return True

        until(is_done, lambda: f"Connect takes the call: {refusals[-1]}")

    def _told(self) -> str:
        status = self.connect.status(self.connector)
        return f"{status}\n{status.failure}" if status else "Connect does not know the connector"
