"""The landing bench's own arithmetic: it refuses to report a speed unless every record is there, once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bench.landing.cases import Case, Compression, Topic
from bench.landing.drain import Drain
from bench.landing.landed import lines_tally
from bench.landing.report import Result, document, table, verified
from bench.landing.tally import Tally, digest_of, require_equal
from bench.landing.usage import Usage
from metastore_sync.errors import VerdictError

LANDED = YAML(typ="safe").load(Path(__file__).parents[1] / "cases" / "bench" / "landed.yml")
CASE = Case(Topic(partitions=2, value_bytes=1, records=40, rotate_records=10), Compression.GZIP)


def lines(records: list[list[Any]]) -> bytes:
    """Return record lines with the fields beside identity and value that the sink writes as well."""
    return b"".join(
        json.dumps({"topic": "t", "partition": p, "offset": o, "key": "k", "value": v}).encode() + b"\n"
        for p, o, v in records
    )


PRODUCED = lines_tally(lines(LANDED["whole"]["lines"]))


def drained(landed: Tally, *, seconds: float = 2.0) -> Drain:
    usage = Usage(cpu_seconds={"connect": 1.0, "kafka": 0.2, "s3": 0.3, "other": 1.0})
    return Drain(start_seconds=1.0, seconds=seconds, usage=usage, landed=landed)


def counting(produced: Tally, seconds: float = 0.5) -> dict[str, Any]:
    read = {"records": produced.records, "value_bytes": produced.value_bytes}
    return {**read, "seconds": seconds, "cpu_seconds": seconds}


def result(records: int, seconds: float) -> Result:
    produced = Tally(records, records * 200, 7)
    return verified(CASE, produced, counting(produced), drained(produced, seconds=seconds), {})


@pytest.mark.parametrize("name", list(LANDED))
def test_only_the_very_records_that_were_produced_are_reported(name: str) -> None:
    landed = lines_tally(lines(LANDED[name]["lines"]))

    if LANDED[name]["equal"]:
        assert verified(CASE, PRODUCED, counting(PRODUCED), drained(landed), {}).drain.landed == PRODUCED
    else:
        with pytest.raises(VerdictError, match="Nothing is reported"):
            verified(CASE, PRODUCED, counting(PRODUCED), drained(landed), {})


def test_a_baseline_that_read_less_is_refused() -> None:
    short = {**counting(PRODUCED), "records": PRODUCED.records - 1}

    with pytest.raises(VerdictError, match="counted is not what was produced"):
        verified(CASE, PRODUCED, short, drained(PRODUCED), {})


def test_each_number_of_a_tally_counts_by_itself() -> None:
    for wrong in (Tally(2, 30, 5), Tally(1, 31, 5), Tally(1, 30, 6)):
        with pytest.raises(VerdictError):
            require_equal("case", Tally(1, 30, 5), wrong, by="landed")


def test_tallies_of_objects_add_up_to_the_tally_of_all_lines() -> None:
    one, two, three = (lines_tally(lines([record])) for record in LANDED["whole"]["lines"])

    assert one + two + three == three + one + two == PRODUCED


def test_the_digest_is_the_one_that_the_feed_computes() -> None:
    # By hand: (printf '\0\0\0\1\0\0\0\0\0\0\0\2'; printf v | sha256sum | xxd -r -p) | sha256sum
    assert f"{digest_of(1, 2, b'v'):032x}" == "dfce946516c833c873f43822aceb2808"


@pytest.mark.parametrize("broken", [b'{"partition":0,"offset":0,"value":"a"}', b'{"partition":0}\n', b"{\n"])
def test_lines_that_are_cut_off_or_are_no_record_lines_are_refused(broken: bytes) -> None:
    with pytest.raises(VerdictError):
        lines_tally(broken)


def test_rates_are_records_over_seconds_and_their_share() -> None:
    run = document([result(1000, 2.0)])["runs"][0]

    assert (run["records_per_second"], run["ratio"], run["value_megabytes_per_second"]) == (500, 0.25, 0.1)


def test_of_several_runs_the_table_shows_the_middle_one() -> None:
    shown = table([result(1000, seconds) for seconds in (1.0, 8.0, 2.0)])

    assert len(shown.splitlines()) == 3
    assert "| 500 |" in shown


def test_a_topic_whose_last_object_the_clock_would_close_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fill"):
        Topic(partitions=2, value_bytes=1, records=50, rotate_records=10)
