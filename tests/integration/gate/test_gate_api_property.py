"""Whatever is sent, as the API describes it or not: no 500, no status or body that is not described."""

from __future__ import annotations

import dataclasses
import json
import os

import pytest
import schemathesis
import stamina
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from metastore_sync.settings import PROJECT
from schema_guard.check import check
from schema_guard.decide import approve
from tidegate import service

#: Where nothing answers: Kafka and Connect are away.
NOWHERE = "127.0.0.1:1"
TOKEN = "an approve token"
EXAMPLES = 1000 if os.environ.get("TIDEGATE_SOAK") else 12
#: Where the record stands that `app` has rejected.
REJECTED = {"topic_id": "0a1b2c3d", "partition": 0, "offset": 1}
#: 500 is described nowhere, so that a status that is described is none.
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@schemathesis.serializer("application/x-ndjson")
def lines(_, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def impatient():
    """One try is enough to find that nothing answers."""
    stamina.set_active(False)
    yield
    stamina.set_active(True)


@pytest.fixture(scope="module")
def app(module_world, impatient):
    """The real application on a registry with versions of every status but REJECTED, the newest BLOCKED."""
    world = module_world
    world.declare(mode="upsert", pk_fields=["id"], order_by=["id"])
    for values in ([{"id": 1}, "poison"], [{"id": 2, "zip": 1}], [{"id": 3, "zip": "N1"}]):
        world.land(*values)
        check(world.settings, "orders")
    approve(world.settings, "orders", 3, "ann", "agreed")
    world.land({"id": 4, "zip": 1, "s": {"a": 1}})
    check(world.settings, "orders")
    world.land({"id": "x", "zip": 1})
    check(world.settings, "orders")
    given = dataclasses.replace(
        world.settings,
        kafka_bootstrap=NOWHERE,
        connect_url=f"http://{NOWHERE}",
        thrift=NOWHERE,
        token_approve=TOKEN,
    )
    return service.build(given, adopts=False)


@pytest.fixture(scope="module")
def api(app):
    return schemathesis.openapi.from_asgi("/openapi.json", app)


OPERATIONS = [
    (method, path)
    for path, methods in json.loads((PROJECT / "docs/openapi.json").read_text())["paths"].items()
    for method in methods
]
SETTINGS = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def _sent(case):
    answer = case.call_and_validate(headers={"Authorization": f"Bearer {TOKEN}"}, checks=CHECKS, timeout=60)
    if answer.headers["content-type"] == ["application/problem+json"]:
        told = answer.json()
        assert told["type"].startswith("urn:tidegate:problem:")
        assert told["next_command"]
        assert [told["request_id"]] == answer.headers["x-request-id"]


def _cases(operation):
    """Requests as described, and requests that are wrong on purpose."""
    return st.one_of(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_what_is_sent_to_anything(api, method, path):
    @given(case=_cases(api[path][method]))
    @SETTINGS
    def anything(case):
        _sent(case)

    anything()


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p in OPERATIONS if "{" in p])
def test_what_is_sent_to_things_that_are_there(api, method, path):
    """The same, with names, versions and ETags that fit: these requests come through to the work."""

    @given(
        case=api[path][method].as_strategy(),
        version=st.integers(1, 6),
        has_tag=st.sampled_from([True, True, False]),
    )
    @SETTINGS
    def there(case, version, has_tag):
        fitting = {"dataset": "orders", "name": "orders", "table": "slv_orders", **REJECTED}
        fitting["version"] = version
        case.path_parameters = {name: fitting[name] for name in case.path_parameters}
        if has_tag and method in {"post", "patch"}:
            case.headers["If-Match"] = "*"
        _sent(case)

    there()
