"""Datasets over HTTP, as far as they need the registry only."""

from __future__ import annotations

import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient

from metastore_sync import api, registry
from metastore_sync.model import Dataset, Mode, Source
from metastore_sync.settings import Settings

ORDERS = Dataset(
    name="orders",
    kafka_topic="shop.orders",
    mode=Mode.UPSERT,
    owner="commerce",
    pk_fields=("id",),
    transforms=("trim", "jar:a.jar!A"),
)


@pytest.fixture
def client(registry_settings: Settings) -> TestClient:
    with registry.connect(registry_settings) as conn:
        registry.put_dataset(conn, ORDERS, source=Source.FILE, actor="test")
    service = FastAPI()
    service.include_router(api.router(lambda: registry_settings, lambda _: lambda: None))
    return TestClient(service)


def test_a_dataset_is_shown_in_camel_case(client: TestClient) -> None:
    answer = client.get("/datasets/orders")
    assert answer.headers["ETag"] == '"1.OK"'
    assert answer.json() == {
        "name": "orders",
        "kafkaTopic": "shop.orders",
        "mode": "upsert",
        "owner": "commerce",
        "pkFields": ["id"],
        "orderBy": [],
        "partitionKeys": [],
        "eventTime": "",
        "eventId": [],
        "transforms": ["trim", "jar:a.jar!A"],
        "transformJars": ["jar:a.jar!A"],
        "schedule": "",
        "maxLag": 3600,
        "start": "earliest",
        "policy": {},
        "removal": "evidence",
        "contract": {},
        "targets": ["iceberg_v2"],
        "connector": {},
        "state": "OK",
        "revision": 1,
        "source": "file",
        "observed": None,
    }
    assert client.get("/datasets").json() == {"datasets": [answer.json()]}


@pytest.mark.parametrize("table", ["orders", "brz_orders", "slv_orders"])
def test_a_table_leads_to_its_dataset(client: TestClient, table: str) -> None:
    config = client.get(f"/config/{table}").json()
    assert (config["pkFields"], config["activeSchema"]) == (["id"], None)


@pytest.mark.parametrize("path", ["/datasets/ordres", "/config/gold_orders"])
def test_what_is_not_there_is_a_problem(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def test_every_mistake_of_a_body_is_told_in_its_own_spelling(client: TestClient) -> None:
    answer = client.post("/datasets", json={"name": "x", "mode": "upsert", "maxlag": 1})
    assert answer.status_code == 422
    assert [error.split(":")[0] for error in answer.json()["errors"]] == [
        "owner",
        "pkFields",
        "maxlag",
    ]
    assert "did you mean maxLag?" in answer.json()["errors"][2]


@pytest.mark.parametrize(
    ("changed", "status"),
    [({}, 200), ({"owner": "else"}, 409), ({"name": "orders_again"}, 409)],
)
def test_posting_what_is_there(client: TestClient, changed: dict[str, str], status: int) -> None:
    shown = client.get("/datasets/orders").json()
    body = {k: v for k, v in shown.items() if k not in ("state", "revision", "source", "observed")}
    answer = client.post("/datasets", json=body | changed)
    assert (answer.status_code, client.get("/datasets").json()["datasets"]) == (status, [shown])


@pytest.mark.parametrize("body", [[], "orders", None])
def test_a_body_that_is_no_object(client: TestClient, body: object) -> None:
    assert client.post("/datasets", json=body).status_code == 422


def test_roles_are_asked_for(registry_settings: Settings) -> None:
    def require(role: str) -> object:
        def refuse() -> None:
            raise HTTPException(403, role)

        return refuse

    service = FastAPI(dependencies=[Depends(lambda: None)])
    service.include_router(api.router(lambda: registry_settings, require))
    client = TestClient(service)
    assert client.get("/datasets").json() == {"detail": "read"}
    assert client.get("/config/orders").json() == {"detail": "read"}
    assert client.post("/datasets", json={}).json() == {"detail": "write"}


def test_openapi_describes_the_body(client: TestClient) -> None:
    body = client.get("/openapi.json").json()["paths"]["/datasets"]["post"]["requestBody"]
    properties = body["content"]["application/json"]["schema"]["properties"]
    assert properties["pkFields"]["items"] == {"type": "string", "minLength": 1}
    assert all(about.get("description") for about in properties.values())


@pytest.mark.parametrize(
    ("source", "tag", "body", "status", "told"),
    [
        (Source.FILE, '"1.OK"', {"owner": "else"}, 409, "edit connect/datasets/orders.yml"),
        (Source.CONNECT, '"1.OK"', {"owner": "else"}, 409, "through Connect REST"),
        (Source.API, "", {"owner": "else"}, 428, "If-Match is missing"),
        (Source.API, '"7.OK"', {"owner": "else"}, 412, 'orders: "7.OK" → "1.OK"'),
        (Source.API, '"1.OK"', {"owner": ""}, 422, "owner"),
        (Source.API, '"1.OK"', {"ownr": "else"}, 422, "did you mean owner?"),
        (Source.API, '"1.OK"', {"name": "orders_again"}, 422, "a dataset keeps its name"),
        (Source.API, '"1.OK"', [], 422, "not a mapping"),
    ],
)
def test_a_change_that_is_not_made_says_why(
    registry_settings: Settings, *, source: Source, tag: str, body: object, status: int, told: str
) -> None:
    with registry.connect(registry_settings) as conn:
        registry.put_dataset(conn, ORDERS, source=source, actor="test")
    service = FastAPI()
    service.include_router(api.router(lambda: registry_settings, lambda _: lambda: None))

    headers = {"If-Match": tag} if tag else {}
    answer = TestClient(service).patch("/datasets/orders", json=body, headers=headers)

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert told in str(answer.json())
    with registry.connect(registry_settings) as conn:
        assert registry.dataset(conn, "orders").revision == 1


def test_a_change_of_nothing_there_is_not_found(client: TestClient) -> None:
    assert client.patch("/datasets/ordres", json={}, headers={"If-Match": '"1.OK"'}).status_code == 404
