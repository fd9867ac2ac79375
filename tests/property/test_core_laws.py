"""The algebra of inference and verdict, over any JSON records, split and ordered in any way."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import TypeAlias

import jsonschema
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schema_guard.core.classify import Criteria, Judgement, judge
from schema_guard.core.conform import misfits
from schema_guard.core.finding import Verdict
from schema_guard.core.infer import Inference, infer, merge
from schema_guard.core.json_schema import from_json_schema, to_json_schema
from schema_guard.core.json_text import parse
from schema_guard.core.kinds import Position
from schema_guard.core.poison import PoisonError
from schema_guard.core.policy import OF_RECORDS
from schema_guard.core.schema import Schema, finalise
from schema_guard.core.versus import Direction, compare, violations
from schema_guard.core.witness import witnesses

CONTRACT = json.loads((Path(__file__).parents[2] / "docs/contracts/findings.schema.json").read_text())
Placed: TypeAlias = list[tuple[Position, dict[str, object]]]

#: No deadline: a busy machine breaks no law.
LAW = settings(max_examples=50, deadline=None)

NAMES = st.sampled_from(["a", "b", "c", "id"])
TEXTS = st.sampled_from(["", "x", "2026-11-20", "2026-11-20T10:00:00Z", "7"])
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)
SMALL_SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | TEXTS | st.just(Decimal("1.5"))
SCALARS = SMALL_SCALARS | st.integers(-(10**38) + 1, 10**38 - 1) | DECIMALS


def objects_of(scalars: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    values = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=6,
    )
    return st.dictionaries(NAMES, values, max_size=4)


RECORDS = st.lists(objects_of(SCALARS), max_size=6)
SOME_RECORDS = st.lists(objects_of(SCALARS), min_size=1, max_size=6)
SMALL_RECORDS = st.lists(objects_of(SMALL_SCALARS), min_size=1, max_size=6)


@st.composite
def placed(draw: st.DrawFn) -> Placed:
    """Draw records at distinct positions, in no order."""
    values = draw(RECORDS)
    places = st.builds(Position, st.just("t"), st.integers(0, 2), st.integers(0, 20))
    positions = draw(st.lists(places, min_size=len(values), max_size=len(values), unique=True))
    return list(zip(positions, values, strict=True))


def inferred(records: Iterable[tuple[Position, dict[str, object]]]) -> Inference:
    inference = Inference()
    for position, value in records:
        inference.add(value, position)
    return inference


def judged(active: Schema | None, batch: Inference, *targets: str) -> Judgement:
    return judge(active, batch, Criteria(pk_fields=["id"], targets=targets or ["iceberg_v2"]))


def without_key_findings(judgement: Judgement) -> set[str]:
    """Keys are judged by the batch alone, so the laws about versions leave them out."""
    return {f.code.value for f in judgement.findings if f.code.value[:4] != "KEY_"}


@LAW
@given(placed(), placed())
def test_merge_of_parts_is_inference_of_the_whole(one: Placed, other: Placed) -> None:
    taken = {position for position, _ in one}
    rest = [(position, value) for position, value in other if position not in taken]

    assert merge(inferred(one), inferred(rest)) == inferred([*one, *rest])


@LAW
@given(placed(), placed())
def test_merge_is_commutative(one: Placed, other: Placed) -> None:
    assert merge(inferred(one), inferred(other)) == merge(inferred(other), inferred(one))


@LAW
@given(placed(), placed(), placed())
def test_merge_is_associative(one: Placed, two: Placed, three: Placed) -> None:
    a, b, c = inferred(one), inferred(two), inferred(three)

    assert merge(merge(a, b), c) == merge(a, merge(b, c))


@LAW
@given(placed())
def test_empty_inference_is_the_identity(records: Placed) -> None:
    inference = inferred(records)

    assert merge(inference, Inference()) == merge(Inference(), inference) == inference


@LAW
@given(placed(), placed())
def test_pure_merge_changes_neither_side(one: Placed, other: Placed) -> None:
    a, b = inferred(one), inferred(other)
    merged = merge(a, b)
    merged.merge(merged).add({"new": [{"a": 1}]}, Position("u", 0, 0))

    assert a == inferred(one)
    assert b == inferred(other)


@LAW
@given(placed())
def test_a_field_knows_the_first_and_the_last_record_without_it(records: Placed) -> None:
    for name, child in inferred(records).root.children.items():
        without = [position for position, value in records if name not in value]
        assert child.absent == ((min(without), max(without)) if without else None)


@LAW
@given(placed(), st.randoms(use_true_random=False))
def test_order_of_arrival_changes_nothing(records: Placed, random: Random) -> None:
    shuffled = records.copy()
    random.shuffle(shuffled)

    assert inferred(records) == inferred(shuffled)


@LAW
@given(placed(), st.data())
def test_fingerprint_is_the_same_over_any_number_of_processes(records: Placed, data: st.DataObject) -> None:
    parts: list[Placed] = [[], [], []]
    for record in records:
        data.draw(st.sampled_from(parts)).append(record)
    total = Inference()
    for part in data.draw(st.permutations(parts)):
        total.merge(pickle.loads(pickle.dumps(inferred(part))))  # noqa: S301  our own bytes

    assert finalise(total).fingerprint == finalise(inferred(records)).fingerprint


@LAW
@given(SOME_RECORDS)
def test_counts_add_up_but_types_do_not_change_when_records_repeat(
    records: list[dict[str, object]],
) -> None:
    once, twice = infer(records), merge(infer(records), infer(records, Position("z", 0, 0)))

    assert twice.records == 2 * once.records
    assert finalise(once) == finalise(twice)


@LAW
@given(SOME_RECORDS)
def test_key_order_inside_records_changes_nothing(records: list[dict[str, object]]) -> None:
    turned = [dict(reversed(record.items())) for record in records]

    assert finalise(infer(records)) == finalise(infer(turned))


@LAW
@given(SOME_RECORDS)
def test_schema_survives_its_document(records: list[dict[str, object]]) -> None:
    schema = finalise(infer(records))
    document = json.loads(json.dumps(schema.to_document()))

    assert Schema.from_document(document) == schema


@LAW
@given(SOME_RECORDS)
def test_nothing_differs_from_itself(records: list[dict[str, object]]) -> None:
    batch = infer(records)
    active = finalise(batch)

    assert without_key_findings(judged(active, batch)) == set()
    assert finalise(batch, active) == active


@LAW
@given(SOME_RECORDS)
def test_records_fit_the_schema_they_made(records: list[dict[str, object]]) -> None:
    schema = finalise(infer(records))

    assert [misfits(record, schema, []) for record in records] == [[]] * len(records)


@LAW
@given(SMALL_RECORDS, SMALL_RECORDS)
def test_next_version_holds_old_and_new_records(
    old: list[dict[str, object]], new: list[dict[str, object]]
) -> None:
    following = finalise(infer(new), finalise(infer(old)))

    for records in (old, new, old + new):
        assert without_key_findings(judged(following, infer(records))) <= {"FIELD_ABSENT"}


@LAW
@given(SOME_RECORDS, SOME_RECORDS)
def test_verdict_none_means_that_the_version_stays(
    old: list[dict[str, object]], new: list[dict[str, object]]
) -> None:
    active = finalise(infer(old))
    batch = infer(new)

    for target in ("iceberg_v2", "spark"):
        verdict = judge(active, batch, Criteria(targets=[target])).verdict
        assert (verdict is Verdict.NONE) == (finalise(batch, active) == active)


@LAW
@given(SOME_RECORDS, SOME_RECORDS)
def test_batch_of_fitting_records_shows_nothing_that_rejecting_could_cure(
    old: list[dict[str, object]], new: list[dict[str, object]]
) -> None:
    active = finalise(infer(old))
    fitting = [record for record in new if not misfits(record, active, ["id"])]
    shown = judged(active, infer(fitting)).findings

    cured = [f for f in shown if f.code in OF_RECORDS and f.old not in (None, "void")]
    assert cured == []


@LAW
@given(SOME_RECORDS, SOME_RECORDS)
def test_stricter_target_is_never_milder(old: list[dict[str, object]], new: list[dict[str, object]]) -> None:
    active, batch = finalise(infer(old)), infer(new)
    spark, delta, iceberg = (
        judged(active, batch, target).verdict.rank for target in ("spark", "delta", "iceberg_v2")
    )
    both = judged(active, batch, "spark", "delta").verdict.rank

    assert spark <= delta <= iceberg
    assert both >= max(spark, delta)


@LAW
@given(SOME_RECORDS, SOME_RECORDS)
def test_findings_always_follow_their_contract(
    old: list[dict[str, object]], new: list[dict[str, object]]
) -> None:
    for active in (None, finalise(infer(old))):
        findings = judged(active, infer(new)).findings
        document = json.loads(json.dumps([finding.to_document() for finding in findings]))
        jsonschema.validate(document, CONTRACT)


@settings(LAW, max_examples=300)
@given(st.text(alphabet='{}[]":,\\ \n0123456789.eE+-aAuU\ud800nltruefsNI', max_size=60) | st.binary())
def test_any_text_is_a_value_or_poison(text: str | bytes) -> None:
    with suppress(PoisonError):  # any other error ends the test
        parse(text)


@LAW
@given(objects_of(SMALL_SCALARS | st.floats(allow_nan=False, allow_infinity=False)))
def test_what_was_written_is_what_is_read(record: dict[str, object]) -> None:
    text = json.dumps(record, default=float)

    assert json.loads(text, parse_float=Decimal) == parse(text)


@LAW
@given(SOME_RECORDS)
@example([{"a": Decimal("0.5377530004998537")}])
@example([{"a": Decimal("99999999999999.47")}])
def test_witnesses_of_a_schema_make_it_again(records: list[dict[str, object]]) -> None:
    schema = finalise(infer(records))

    assert finalise(witnesses(schema)).fingerprint == schema.fingerprint


@LAW
@given(SMALL_RECORDS)
def test_a_schema_reads_its_own_records_in_both_directions(records: list[dict[str, object]]) -> None:
    schema = finalise(infer(records))

    for comparison in compare(schema, schema, Criteria(targets=["iceberg_v2"]), Direction.FULL):
        assert comparison.findings == ()


@LAW
@given(SMALL_RECORDS)
def test_records_keep_the_contract_that_was_made_of_them(records: list[dict[str, object]]) -> None:
    batch = infer(records)
    document = json.loads(json.dumps(to_json_schema(finalise(batch))))

    assert violations(from_json_schema(document), batch, Criteria(targets=["iceberg_v2"])) == ()
