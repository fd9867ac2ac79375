"""Contracts: what a validator accepts breaks none, and a batch breaks what its records break."""

from __future__ import annotations

from decimal import Decimal

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from schema_guard.core.breach import breaches
from schema_guard.core.classify import Criteria
from schema_guard.core.infer import infer
from schema_guard.core.json_schema import from_json_schema
from schema_guard.core.versus import violations

#: No deadline: a busy machine breaks no law.
LAW = settings(max_examples=200, deadline=None)

NAMES = st.sampled_from(["a", "b", "c", "id"])
TEXTS = st.sampled_from(["", "x", "2026-11-20", "2026-11-20T10:00:00Z", "7"])
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | TEXTS | st.just(Decimal("1.5"))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)
RECORDS = st.lists(OBJECTS, min_size=1, max_size=6)
#: JSON Schemas of the forms that the guard reads, for fields that differ in more than case.
_TYPED = st.sampled_from(
    [
        {"type": "integer", "minimum": -9, "maximum": 9},
        {"type": "number"},
        {"type": "boolean"},
        {"type": "string"},
        {"type": ["string", "null"]},
        {"type": ["integer", "string"]},
        {"enum": ["x", "7"]},
        {"type": "object"},
        {},
    ]
)


def _declared_objects(fields: st.SearchStrategy[dict[str, object]]) -> st.SearchStrategy[dict[str, object]]:
    properties = st.dictionaries(NAMES, fields, max_size=3)
    return properties.flatmap(
        lambda known: st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.just(known)},
            optional={
                "required": st.lists(st.sampled_from(sorted(known)), unique=True) if known else st.just([]),
                "additionalProperties": st.sampled_from([False]),
            },
        )
    )


def _one_of(inner: st.SearchStrategy[dict[str, object]]) -> st.SearchStrategy[dict[str, object]]:
    lists = inner.map(lambda items: {"type": "array", "items": items})
    either = inner.map(lambda given: {"anyOf": [given, {"type": "null"}]})
    return lists | either | _declared_objects(inner)


CONTRACTS = _declared_objects(st.recursive(_TYPED, _one_of, max_leaves=5))


def value_of(draw: st.DrawFn, declared: object) -> object:  # noqa: PLR0911 - one return per case
    """Draw a value that a JSON Schema was made for; it may still break it: `accepts` decides."""
    match declared:
        case {"anyOf": choices}:
            return value_of(draw, draw(st.sampled_from(choices)))
        case {"enum": values}:
            return draw(st.sampled_from(values))
        case {"type": "array", "items": items}:
            return [value_of(draw, items) for _ in range(draw(st.integers(0, 2)))]
        case {"properties": properties, **rest}:
            required = rest.get("required", [])
            return {
                name: value_of(draw, below)
                for name, below in properties.items()
                if name in required or draw(st.booleans())
            }
        case {"type": "object"}:
            return draw(OBJECTS)
        case {"type": str() | list() as names}:
            name = names if isinstance(names, str) else draw(st.sampled_from(names))
            return draw(_OF_TYPE[name])
        case _:
            return draw(SCALARS)


_OF_TYPE: dict[str, st.SearchStrategy[object]] = {
    "integer": st.integers(-9, 9),
    "number": st.integers(-9, 9) | st.just(Decimal("1.5")),
    "boolean": st.booleans(),
    "string": TEXTS,
    "null": st.none(),
}


@st.composite
def kept_contracts(draw: st.DrawFn) -> tuple[dict[str, object], list[dict[str, object]]]:
    """Draw a contract and records that a validator of JSON Schema accepts under it."""
    contract = draw(CONTRACTS)
    drawn = [value_of(draw, contract) for _ in range(draw(st.integers(1, 4)))]
    accepts = jsonschema.Draft202012Validator(contract).is_valid
    return contract, [record for record in drawn if isinstance(record, dict) and accepts(record)]


@LAW
@given(kept_contracts())
def test_what_a_validator_accepts_breaks_no_contract(
    kept: tuple[dict[str, object], list[dict[str, object]]],
) -> None:
    document, records = kept
    contract = from_json_schema(document)

    assert [breaches(record, contract) for record in records] == [[]] * len(records)
    assert violations(contract, infer(records), Criteria(targets=["iceberg_v2"])) == ()


@LAW
@given(CONTRACTS, RECORDS)
def test_a_batch_breaks_its_contract_where_its_records_do(
    document: dict[str, object], records: list[dict[str, object]]
) -> None:
    contract = from_json_schema(document)
    broken = violations(contract, infer(records), Criteria(targets=["iceberg_v2"]))

    assert bool(broken) == any(breaches(record, contract) for record in records)
