"""docker-compose.yml names the parts of the local stack, on one image made of the same locks and poms."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tidegate.stack import parts, ports

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe").load(COMPOSE.read_text(encoding="utf-8"))
    return document["services"]


def test_the_file_obeys_the_compose_specification() -> None:
    checker = str(Path(sys.executable).with_name("check-jsonschema"))
    command = [checker, "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_every_program_of_the_local_stack_is_a_service(services: dict[str, Any]) -> None:
    programs = {program for part in parts.PARTS for program in part.programs}

    started = {s["command"][1] for s in services.values() if s.get("command", [""])[0] == "run"}

    assert started == programs


def test_every_part_of_ours_runs_the_image_of_the_locks(services: dict[str, Any]) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    images = {s["image"] for s in services.values()} - {services["kafka-ui"]["image"]}

    assert images == {"tidegate:0.1.0"}
    assert services["network"]["build"] == "."
    assert "RUN make setup" in dockerfile
    assert "python:3.11-" in dockerfile


def test_published_ports_are_the_local_stacks(services: dict[str, Any]) -> None:
    published = {int(line.split(":")[1]) for line in services["network"]["ports"]}
    listeners = ("s3", "thrift", "service", "airflow", "connect", "kafka", "postgres")

    assert {ports.BASE + ports.OFFSETS[name] for name in listeners} <= published


def test_every_service_waits_for_services_that_exist(services: dict[str, Any]) -> None:
    awaited = {name for s in services.values() for name in s.get("depends_on", {})}

    assert awaited <= services.keys()
