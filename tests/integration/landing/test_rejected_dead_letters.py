"""What Connect could not land, taken from its dead letter topic: once each, shown, and replayed."""

from __future__ import annotations

import dataclasses
import gzip
import json
from types import MappingProxyType

import pytest
from confluent_kafka.admin import NewTopic
from landing.conftest import Landing, until

from lakehouse import ledger, rejected
from metastore_sync import registry
from metastore_sync.errors import VerdictError
from schema_guard.check import check
from schema_guard.edges import kafka
from schema_guard.rejections.replay import replay
from schema_guard.rejections.selection import Wanted

pytestmark = pytest.mark.stack

#: Fails on bytes, for the records that carry the header.
FAILING = {
    "transforms": "breaks",
    "transforms.breaks.type": "org.apache.kafka.connect.transforms.InsertField$Value",
    "transforms.breaks.static.field": "x",
    "transforms.breaks.static.value": "y",
    "transforms.breaks.predicate": "unreadable",
    "predicates": "unreadable",
    "predicates.unreadable.type": "org.apache.kafka.connect.transforms.predicates.HasHeaderKey",
    "predicates.unreadable.name": "unreadable",
    "errors.tolerance": "all",
}
_DLQ = "errors.deadletterqueue"


class WithLetters(Landing):
    """A landing whose connector has a dead letter topic; `context` says whether letters name their record."""

    context = "true"

    def dataset(self):
        known = super().dataset()
        more = {
            **FAILING,
            f"{_DLQ}.topic.name": f"{self.name}.dlq",
            f"{_DLQ}.topic.replication.factor": "1",
            f"{_DLQ}.context.headers.enable": self.context,
        }
        return dataclasses.replace(known, connector=MappingProxyType({**known.connector, **more}))

    def begin(self):
        self.admin.create_topics([NewTopic(f"{self.name}.dlq", 1, 1)])[f"{self.name}.dlq"].result(10)
        self.apply()

    def send_all(self):
        """Send five records; those with offsets 1 and 3 go wrong; wait until all are somewhere."""
        for number in range(5):
            wrong = [("unreadable", b"yes")] if number % 2 else []
            self.send({"value": json.dumps({"id": number}).encode(), "headers": [*wrong, ("h", b"x")]})
        self.until_landed()
        until(lambda: self.letters() == 2, "two dead letters")

    def letters(self):
        return kafka.log_range(self.settings, f"{self.name}.dlq", 0).end

    def listed(self):
        with registry.connect(self.settings) as conn:
            rows = ledger.rejected(conn, self.name)
        return [(row["batch_id"], row["stage"], row["offset"], row["status"]) for row in rows]

    def admitted(self):
        return self.rows(
            "select sum(record_count - rejected_count)::integer as rows from registry.batch"
            " where dataset = %(name)s"
        )[0]["rows"]


@pytest.fixture
def landing(settings):
    made = WithLetters(settings)
    yield made
    made.clean()
    made.admin.delete_topics([f"{made.name}.dlq"])[f"{made.name}.dlq"].result(10)


def test_dead_letters_are_rejected_records_and_can_be_replayed(landing):
    landing.begin()
    landing.send_all()

    for _ in range(2):
        check(landing.settings, landing.name)
    assert landing.listed() == [(None, "connect", 3, "open"), (None, "connect", 1, "open")]
    uuid = kafka.topic_uuid(landing.settings, landing.name)
    record = rejected.Identity(uuid.hex[:8], 0, 1)
    with registry.connect(landing.settings) as conn:
        [one] = rejected.show(landing.settings, conn, landing.name, record, payload=True)["rejections"]
    assert (one["payload"], one["error_type"]) == ('{"id": 1}', "DEAD_LETTER")
    assert "TRANSFORMATION" in one["error_message"]

    outcome = replay(landing.settings, landing.name, Wanted(stage="connect"), "ada", "without the transform")
    [done] = outcome.batches
    assert (done.record_count, done.rejected_count) == (2, 0)
    assert landing.admitted() == 5
    again = replay(landing.settings, landing.name, Wanted(stage="connect"), "ada", "again")
    assert (again.batches, again.left) == ([], [])
    [key] = [key for key in landing.keys("/replay/") if key.endswith(".gz")]
    assert b'"offset":1,' in gzip.decompress(landing.read(key))


def test_a_letter_that_comes_again_and_a_cursor_that_is_lost_make_no_second_record(landing):
    landing.begin()
    landing.send_all()
    check(landing.settings, landing.name)
    landing.rows("delete from registry.dead_letter_cursor where dataset = %(name)s returning 1")

    check(landing.settings, landing.name)

    assert [row[2] for row in landing.listed()] == [3, 1]


def test_a_letter_whose_record_has_landed_after_all_is_left_and_the_others_go_on(landing):
    landing.begin()
    landing.send_all()
    check(landing.settings, landing.name)
    landing.rows(
        'update registry.rejected_record set "offset" = 2'
        ' where dataset = %(name)s and "offset" = 3 returning 1'
    )

    outcome = replay(landing.settings, landing.name, Wanted(), "ada", "by mistake")

    assert [(one.rejection.offset, one.why[:23]) for one in outcome.left] == [(2, "it has landed after all")]
    assert [one.record_count for one in outcome.batches] == [1]
    assert landing.admitted() == 4
    [left] = [one.rejection for one in outcome.left]
    alone = Wanted(topic_id=left.topic_id, partition=left.partition, offset=left.offset)
    with pytest.raises(VerdictError, match="has landed after all"):
        replay(landing.settings, landing.name, alone, "ada", "by mistake")
    assert landing.admitted() == 4


def test_a_letter_without_context_is_shown_by_its_own_place(landing):
    landing.context = "false"
    landing.begin()
    landing.send_all()

    check(landing.settings, landing.name)

    assert [row[2] for row in landing.listed()] == [1, 0]
    outcome = replay(landing.settings, landing.name, Wanted(stage="connect"), "ada", "cannot be")
    assert outcome.batches == []
    assert [one.why for one in outcome.left] == [
        f"what landed around it is not judged yet: tidegate check {landing.name}"
    ] * 2


def test_while_kafka_is_away_what_landed_is_judged(landing):
    landing.begin()
    landing.send_all()
    away = dataclasses.replace(landing.settings, kafka_bootstrap="127.0.0.1:1")

    [report] = check(away, landing.name)

    assert (report.status, report.record_count) == ("ADMITTED", 3)
    assert landing.listed() == []
