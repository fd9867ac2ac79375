"""Rejected records over HTTP and by the command: the same words, each role its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from schema_guard.check import check
from tidegate import service

TOKENS = {"read": "r" * 24, "write": "w" * 24, "approve": "a" * 24}
PLACE = "/datasets/orders/rejected/0a1b2c3d/0/1"


@pytest.fixture
def client(orders):
    """Give a service whose dataset has one record that was cut."""
    orders.land({"id": 1}, '{"id": 2')
    check(orders.settings, "orders")
    tokens = {f"token_{role}": token for role, token in TOKENS.items()}
    return TestClient(service.build(replace(orders.settings, **tokens), adopts=False))


def ask(client, method, path, role="read", body=None):
    headers = {"Authorization": f"Bearer {TOKENS[role]}", "X-Actor": "ann"}
    return client.request(method, path, headers=headers, json=body)


def test_who_may_only_read_sees_the_shape_of_a_payload(client):
    [shown] = ask(client, "GET", PLACE).json()["rejections"]

    assert (shown["payload_shape"], shown.get("payload")) == ("8 bytes, no JSON", None)
    assert ask(client, "GET", f"{PLACE}/payload").status_code == 403
    [whole] = ask(client, "GET", f"{PLACE}/payload", "write").json()["rejections"]
    assert whole["payload"] == '{"id": 2'


def test_a_replay_over_http_is_listed_with_who_and_why(client):
    edited = {"why": "mended", "topic_id": "0a1b2c3d", "partition": 0, "offset": 1, "payload": '{"id": 2}'}
    path = "/datasets/orders/rejected:replay"

    assert ask(client, "POST", path, "read", edited).status_code == 403
    done = ask(client, "POST", path, "write", edited)
    again = ask(client, "POST", path, "write", edited)

    assert (done.status_code, again.status_code) == (200, 409)
    assert (
        done.json()["replays"][0] | {"why": "mended", "actor": "ann", "batch_id": 2}
        == (done.json()["replays"][0])
    )
    page = ask(client, "GET", "/datasets/orders/rejected?status=replayed").json()
    assert [(row["offset"], row["replay_batch"]) for row in page["rejected"]] == [(1, 2)]
    assert [(kind["records"], kind["open"]) for kind in page["kinds"]] == [(1, 0)]
    assert ask(client, "GET", "/datasets/orders/rejected?status=open").json()["rejected"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"why": "x", "payload": "{}"}, 409),
        ({"why": "x", "topic_id": "0a1b2c3d", "partition": 0, "offset": 7}, 409),
        ({"why": "x", "stage": "dbt"}, 422),
    ],
)
def test_wrong_replays_are_told(client, body, status):
    answer = ask(client, "POST", "/datasets/orders/rejected:replay", "write", body)

    assert answer.status_code == status
    assert answer.json()["next_command"]


def test_unknown_records_are_not_found(client):
    assert ask(client, "GET", "/datasets/orders/rejected/0a1b2c3d/0/7").status_code == 404
    assert ask(client, "GET", "/datasets/nope/rejected/0a1b2c3d/0/1").status_code == 404


def command(world, *words):
    """Run the command as a person does."""
    done = subprocess.run(
        [Path(sys.executable).parent / "tidegate", *words],
        env=world.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_command_lists_shows_and_replays(client, orders, tmp_path):
    place = ("--topic-id", "0a1b2c3d", "--partition", "0", "--offset", "1")
    payload = tmp_path / "payload.json"
    payload.write_text('{"id": 2}\n')

    code, out, _ = command(orders, "dlq", "list", "orders", "--json")
    assert (code, [row["status"] for row in json.loads(out)["rejected"]]) == (0, ["open"])
    assert command(orders, "rejected", "replay", "orders", "--why", "x")[0] == 64
    code, out, _ = command(orders, "rejected", "replay", "orders", "--all", "--why", "perhaps now")
    assert (code, "1 of them rejected again" in out) == (1, True)
    code, out, said = command(
        orders, "rejected", "replay", "orders", *place, "--payload-file", str(payload), "--why", "mended"
    )
    assert (code, "batch 3 replays 1 record(s), schema version 1" in out) == (0, True)
    assert "Next: tidegate run orders" in said
    code, out, _ = command(orders, "rejected", "show", "orders", *place, "--payload")
    assert code == 0
    assert out.count("stage parse") == 2
    assert "replayed, edited in batch 3" in out
