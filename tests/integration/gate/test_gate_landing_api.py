"""Gaps over HTTP: seen by readers, accepted by those who may approve."""

from __future__ import annotations

import dataclasses

import pytest
from fastapi.testclient import TestClient

from tidegate import service

RANGE = {"partition": 0, "from": 1, "to": 3}
GAPS = "/datasets/orders/landing/gaps"
ANY = {"If-Match": "*"}


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

    seen = client.get(GAPS).headers["ETag"]
    loss = {**RANGE, "why": "retention"}
    answer = client.post(f"{GAPS}:accept", json=loss, headers={"If-Match": seen})

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
    answer = client.post(f"{GAPS}:accept", json=body, headers=ANY)

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert orders.value("select count(*) from registry.accepted_gap") == 0


def test_a_loss_that_kafka_had_removed_cannot_be_replayed(client):
    answer = client.post(f"{GAPS}:replay", json=RANGE, headers=ANY)

    assert answer.status_code == 409


@pytest.mark.parametrize("action", ["accept", "replay"])
def test_what_is_done_about_a_gap_names_the_gaps_that_were_seen(client, orders, action):
    seen = client.get(GAPS).headers["ETag"]
    loss = {**RANGE, "why": "retention"}

    assert client.post(f"{GAPS}:{action}", json=loss).status_code == 428
    assert client.get(GAPS).headers["ETag"] == seen
    orders.land_records([{"value": {"id": 3}}], skip=2, contiguous=False)
    assert client.post(f"{GAPS}:{action}", json=loss, headers={"If-Match": seen}).status_code == 412
    assert orders.value("select count(*) from registry.accepted_gap") == 0


@pytest.mark.parametrize("action", ["pause", "resume", "retire"])
def test_a_change_of_state_names_the_state_that_was_seen(client, orders, action):
    path, reason = "/datasets/orders", {"why": "maintenance"}
    seen = client.get(path).headers["ETag"]

    assert client.post(f"{path}:{action}", json=reason).status_code == 428
    orders.rows("update registry.dataset set state = 'BLOCKED' returning 1")
    changed = client.post(f"{path}:{action}", json=reason, headers={"If-Match": seen})
    assert (changed.status_code, client.get(path).headers["ETag"]) == (412, '"1.BLOCKED"')
    assert orders.value("select state from registry.dataset") == "BLOCKED"


def test_an_unknown_dataset_is_not_found(client):
    assert client.get("/datasets/nope/landing/gaps").status_code == 404
