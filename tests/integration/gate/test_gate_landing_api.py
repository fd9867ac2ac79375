"""Gaps over HTTP: seen by readers, accepted by those who may approve."""

from __future__ import annotations

import dataclasses

import pytest
from fastapi.testclient import TestClient

from tidegate import service

RANGE = {"partition": 0, "from": 1, "to": 3}


@pytest.fixture
def client(orders):
    """Give a client that may approve; before offset 4 Kafka had removed three records."""
    orders.land({"id": 1})
    orders.land_records([{"value": {"id": 2}}], skip=3, contiguous=False)
    known = dataclasses.replace(orders.settings, token_approve="an approve token")
    headers = {"Authorization": "Bearer an approve token", "X-Actor": "ada"}
    with TestClient(service.build(known, adopts=False), headers=headers) as opened:
        yield opened


def test_a_gap_is_listed_then_accepted_with_name_and_reason(client):
    (gap,) = client.get("/datasets/orders/landing/gaps").json()["open"]
    assert (gap["kind"], gap["first_offset"], gap["last_offset"]) == ("RETENTION_LOSS", 1, 3)
    assert gap["next_command"].startswith("tidegate landing accept-gap orders --partition 0 --from 1 --to 3")

    answer = client.post("/datasets/orders/landing/gaps:accept", json={**RANGE, "why": "retention"})

    assert (answer.status_code, answer.json()["is_new"]) == (200, True)
    found = client.get("/datasets/orders/landing/gaps").json()
    assert found["open"] == []
    assert [(loss["actor"], loss["why"]) for loss in found["accepted"]] == [("ada", "retention")]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({**RANGE, "to": 4, "why": "retention"}, 409),
        ({**RANGE, "why": ""}, 422),
        (RANGE, 422),
        ({**RANGE, "why": "retention", "topicId": "not hex"}, 422),
    ],
    ids=["no gap", "empty reason", "no reason", "no topic id"],
)
def test_what_is_no_accepted_loss_changes_nothing(client, orders, body, status):
    answer = client.post("/datasets/orders/landing/gaps:accept", json=body)

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert orders.value("select count(*) from registry.accepted_gap") == 0


def test_a_loss_that_kafka_had_removed_cannot_be_replayed(client):
    answer = client.post("/datasets/orders/landing/gaps:replay", json=RANGE)

    assert answer.status_code == 409


def test_an_unknown_dataset_is_not_found(client):
    assert client.get("/datasets/nope/landing/gaps").status_code == 404
