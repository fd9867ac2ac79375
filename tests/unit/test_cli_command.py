"""The command's manners: exit codes, where words go, what errors look like, and how soon help comes."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from metastore_sync.errors import BrokenError, UsageError, VerdictError
from metastore_sync.model import Dataset, Mode
from schema_guard import local_files, sample
from schema_guard.core.infer import Inference
from schema_guard.core.kinds import Position
from schema_guard.core.schema import Schema, finalise
from tidegate.cli import execute, findings, names, parts
from tidegate.cli.app import app

#: What loads slowly and must not load for `tidegate --help`.
HEAVY = ("airflow", "boto3", "confluent_kafka", "dbt", "fastapi", "psycopg", "pyspark", "rich")


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give every command with the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make `tidegate down` raise what a test wants."""

    def arrange(error: BaseException) -> None:
        def fail(**_: object) -> None:
            raise error

        monkeypatch.setattr("tidegate.stack.lifecycle.down", fail)

    return arrange


def test_help_loads_nothing_heavy() -> None:
    """Help has to be there at once; a command imports what it needs when it runs."""
    program = (
        "import sys; from tidegate.cli import execute; execute(['--help']);"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stderr == "[]\n"
    assert "Exit codes: 0 fine" in done.stdout


@pytest.mark.parametrize("words", list(COMMANDS), ids=" ".join)
def test_every_command_shows_an_example(words: tuple[str, ...]) -> None:
    """The help's last paragraph can be typed as it stands."""
    paragraphs = COMMANDS[words].help.strip().split("\n\n")
    shown = paragraphs[-1].removeprefix("Example: ").strip()

    assert paragraphs[-1].startswith("Example: ")
    assert f"tidegate {' '.join(words)}" in shown


@pytest.mark.parametrize("words", list(COMMANDS), ids=" ".join)
def test_every_first_sentence_fits_its_line(words: tuple[str, ...]) -> None:
    """The list of commands shows whole sentences on a terminal of 80 columns."""
    sentence = COMMANDS[words].get_short_help_str(limit=56)

    assert not sentence.endswith("...")


@pytest.mark.parametrize(
    "words", [["aply"], ["plan", "--foo"], ["check"], [], ["schema"], ["schema", "approve", "orders"]]
)
def test_wrong_usage_is_64_with_the_way_to_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Typer's own mistakes follow the same rules as ours."""
    code = execute(words)

    told = capsys.readouterr()
    assert code == 64
    assert not told.out
    assert "--help" in told.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("no such thing", next_command="tidegate status"), 64),
        (VerdictError("it says no", next_command="tidegate status"), 1),
        (BrokenError("it is away", next_command="tidegate status"), 2),
    ],
)
def test_errors_are_messages_on_stderr(
    failing: Any, error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback, and the next command last."""
    failing(error)

    assert code == execute(["down"])

    told = capsys.readouterr()
    assert not told.out
    assert f"{error}\n" == told.err
    assert told.err.endswith("Next: tidegate status\n")


def test_an_unexpected_error_is_one_line_and_the_way_to_more(
    failing: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A defect of ours breaks nothing else, and says how to see all of it."""
    failing(ZeroDivisionError("division by zero\nand more"))

    assert execute(["down"]) == 2

    expected = "tidegate: unexpected ZeroDivisionError: division by zero\nNext: tidegate --debug down\n"
    assert expected == capsys.readouterr().err


@pytest.mark.parametrize("words", [["--debug", "down"], ["down", "--debug"]])
def test_debug_shows_the_traceback(failing: Any, words: list[str]) -> None:
    """Wherever it stands on the line."""
    failing(BrokenError("it is away"))

    with pytest.raises(BrokenError):
        execute(words)


def test_an_interrupt_is_130(failing: Any) -> None:
    """What shells expect of Ctrl+C."""
    failing(KeyboardInterrupt())

    assert execute(["down"]) == 130


def test_unknown_names_list_the_known_ones() -> None:
    """The likely one is guessed."""
    expected = (
        "ordrs: no dataset has this name; did you mean orders?\n"
        "  known datasets: flights, orders\n"
        "Nothing was started.\n"
        "Next: tidegate status"
    )

    assert expected == str(names.unknown_names(["ordrs"], ["flights", "orders"]))


def _write_env(home: Path) -> None:
    home.mkdir(exist_ok=True)
    lines = {
        "TIDEGATE_S3_ACCESS_KEY": "key",
        "TIDEGATE_S3_SECRET_KEY": "it's; a $secret",
        "TIDEGATE_TOKEN_READ": "t",
        "TIDEGATE_SNAPSHOT_KEY": "never shown",
    }
    (home / "env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a home whose stack was started once, and no other variable of ours."""
    for name in [name for name in os.environ if name.startswith("TIDEGATE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TIDEGATE_HOME", str(tmp_path))
    return tmp_path


def test_env_can_be_evaluated_by_a_shell(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A secret with quotes and dollars arrives as it is."""
    _write_env(home)

    assert execute(["env"]) == 0

    script = f'{capsys.readouterr().out}\nprintf %s "$TIDEGATE_S3_SECRET_KEY|$TIDEGATE_RAW_BUCKET"'
    shell = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert shell.stdout == "it's; a $secret|raw"


def test_env_names_every_address_and_no_signing_key(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Others rely on these names."""
    _write_env(home)

    execute(["env", "--json"])

    values = json.loads(capsys.readouterr().out)
    fields = [f"TIDEGATE_{name.upper()}" for name in (*parts.ADDRESSES, *parts.KEYS)]
    assert ["TIDEGATE_HOME", *fields] == list(values)
    assert "never shown" not in values.values()


def test_env_without_a_stack_says_how_to_get_one(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exporting defaults of a stack that never was would only confuse."""
    assert execute(["env"]) == 64

    told = capsys.readouterr()
    assert not told.out
    assert f"no stack was ever started in {home}" in told.err


def _schema(*values: dict[str, object]) -> Schema:
    observed = Inference()
    for number, value in enumerate(values):
        observed.add(value, Position("0a1b2c3d", 0, number))
    return finalise(observed)


def test_a_sample_is_judged_line_by_line() -> None:
    """The worst finding first, lines by their number, poison by its reason; nothing is stored."""
    dataset = Dataset(name="orders", kafka_topic="orders", mode=Mode.UPSERT, owner="shop", pk_fields=("id",))
    lines = ['{"id": 1, "qty": "two"}', "", '{"id": 2, "qty": 3}', "{"]

    found = sample.judge(dataset, _schema({"id": 1, "qty": 2}), 3, lines)

    assert (found.exit_code, found.record_count) == (1, 3)
    assert [poison.line for poison in found.rejected] == [4]
    text = findings.of_sample(found).splitlines()
    assert text[0] == "orders: 3 records, verdict BREAKING against ACTIVE version 3"
    assert text[1].startswith("  BREAKING TYPE_CHANGED /qty: bigint -> ")
    assert text[2].endswith("first in line 1")
    assert "  line 4 would be rejected, NOT_JSON" in text[4]
    assert text[-1] == "These records would NOT be admitted as they are; nothing was sent or stored."


def test_a_packed_sample_is_read_line_by_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line counts for itself: not UTF-8, too long, or with a separator that ends no line."""
    monkeypatch.setattr(local_files, "MAX_RECORD_BYTES", 100)
    dataset = Dataset(name="orders", kafka_topic="orders", mode=Mode.UPSERT, owner="shop", pk_fields=("id",))
    path = tmp_path / "sample.ndjson.gz"
    text = '{"id": 1, "note": "a\u2028b"}'.encode()
    lines = (text, b'{"id": \xff}', b"\r", b'{"id":"' + b"x" * 100 + b'"}')
    path.write_bytes(gzip.compress(b"\n".join(lines)))

    found = sample.judge(dataset, None, None, local_files.read_lines(str(path)))

    assert found.record_count == 3
    assert [(p.line, p.error_type) for p in found.rejected] == [(2, "NOT_UTF8"), (4, "TOO_LARGE")]


def test_a_good_sample_is_fine() -> None:
    """A producer's pipeline can rely on the exit code."""
    dataset = Dataset(name="orders", kafka_topic="orders", mode=Mode.UPSERT, owner="shop", pk_fields=("id",))

    found = sample.judge(dataset, _schema({"id": 1}), 3, ['{"id": 5, "new": true}'])

    assert found.exit_code == 0
    assert "would be admitted" in findings.of_sample(found)
