"""What speaks against a dataset in registry, Kafka and models: one rule per function, all in one list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from metastore_sync import fits, render
from metastore_sync.changes import Problem
from metastore_sync.model import Source
from metastore_sync.problem_codes import ProblemCode
from metastore_sync.scene import Candidate, Scene

Check = Callable[[Scene, Candidate], Iterator[Problem]]

_DLQ = "errors.deadletterqueue.topic.name"
_DLQ_REPLICAS = "errors.deadletterqueue.topic.replication.factor"
#: Connect's own default, which no single broker can hold.
_DLQ_DEFAULT = "3"


def _plugin(scene: Scene, this: Candidate) -> Iterator[Problem]:
    wanted = this.config["connector.class"]
    if wanted not in scene.plugins:
        fact = f"the worker at {scene.settings.connect_url} has no plugin {wanted}"
        yield Problem(ProblemCode.PLUGIN_MISSING, fact, "make setup, then: tidegate up connect")


def _topic(scene: Scene, this: Candidate) -> Iterator[Problem]:
    topic = this.dataset.kafka_topic
    if topic not in scene.topics.partitions and this.dataset.cdc:
        return  # apply makes the topic of a captured table
    if topic not in scene.topics.partitions:
        fact = f"topic {topic} does not exist on {scene.settings.kafka_bootstrap}"
        yield Problem(ProblemCode.TOPIC_MISSING, fact, _create(scene, topic))
        return
    partitions, tasks = scene.topics.partitions[topic], this.config.get("tasks.max", "1")
    if tasks.isdecimal() and int(tasks) > partitions:
        idle = int(tasks) - partitions
        fact = f"tasks.max: {tasks} tasks for {partitions} partition(s) of {topic}: {idle} would be idle"
        yield Problem(ProblemCode.TASKS_IDLE, fact, this.again)


def _owner(scene: Scene, this: Candidate) -> Iterator[Problem]:
    name, topic = this.dataset.name, this.dataset.kafka_topic
    for row in scene.rows.values():
        if row.dataset.kafka_topic == topic and row.dataset.name != name:
            fact = f"topic {topic} belongs to dataset {row.dataset.name} already"
            yield Problem(ProblemCode.TOPIC_TAKEN, fact, f"tidegate status {row.dataset.name}")


def _declared_by_connector(scene: Scene, this: Candidate) -> Iterator[Problem]:
    if this.row is None or this.row.source is not Source.CONNECT:
        return
    connector = scene.connector_of(this.row)
    if connector in scene.connectors:
        fact = f"connector {connector}, made through Connect REST, declares it: Connect wins"
        command = (
            f"curl -X DELETE {scene.settings.connect_url}/connectors/{connector}, "
            f"then: tidegate apply {this.dataset.name}"
        )
        yield Problem(ProblemCode.DECLARED_BY_CONNECTOR, fact, command)


def _landed_twice(scene: Scene, this: Candidate) -> Iterator[Problem]:
    adopted = {scene.connector_of(row) for row in scene.rows.values()}
    for name, connector in scene.connectors.items():
        if name in adopted or name == this.connector_name:
            continue
        if connector.config.get("connector.class") == render.SINK and _reads(
            connector.config, this.dataset.kafka_topic
        ):
            fact = (
                f"connector {name} ({connector.status.state}) lands topic {this.dataset.kafka_topic} already"
            )
            command = f"curl -X DELETE {scene.settings.connect_url}/connectors/{name}"
            yield Problem(ProblemCode.TOPIC_LANDED_TWICE, fact, command)


def _dead_letters(scene: Scene, this: Candidate) -> Iterator[Problem]:
    # Where there is none, errors.tolerance=all is refused by the sink's own validation.
    letters = this.config.get(_DLQ, "")
    if not letters:
        return
    if _reads(this.config, letters):
        fact = f"{_DLQ}: {letters} is the dataset's own topic: dead letters would be read again"
        yield Problem(ProblemCode.DLQ_IS_INPUT, fact, this.again)
    elif letters not in scene.topics.partitions:
        yield _no_dead_letters(scene, this, letters)


def _no_dead_letters(scene: Scene, this: Candidate, letters: str) -> Problem:
    replicas, brokers = this.config.get(_DLQ_REPLICAS, _DLQ_DEFAULT), scene.topics.brokers
    if replicas.isdecimal() and int(replicas) > brokers:
        fact = f"{_DLQ_REPLICAS}: {letters} would need {replicas} brokers; the cluster has {brokers}"
        return Problem(ProblemCode.DLQ_REPLICATION, fact, this.again)
    fact = f"{_DLQ}: topic {letters} does not exist on {scene.settings.kafka_bootstrap}"
    return Problem(ProblemCode.DLQ_MISSING, fact, _create(scene, letters))


def _fields(scene: Scene, this: Candidate) -> Iterator[Problem]:
    for fact in fits.lacking_fields(this.dataset, scene.fields.get(this.dataset.name)):
        yield Problem(ProblemCode.FIELD_MISSING, fact, this.again)


def _rebuild(scene: Scene, this: Candidate) -> Iterator[Problem]:
    name = this.dataset.name
    if this.row:
        for fact in fits.rebuilds(this.row.dataset, this.dataset, scene.batches.get(name, 0)):
            again = f"put {fact.partition(':')[0]} back, then: tidegate plan {name}"
            yield Problem(ProblemCode.REBUILD_NEEDED, fact, again)


def taken_names(scene: Scene, this: Candidate) -> Iterator[Problem]:
    """Yield a problem when a mart, a model or a folder of models is called like the dataset already."""
    name, models = this.dataset.name, scene.settings.dbt_project / "models"
    if name == "marts" or (models / "marts" / name).is_dir():
        what = "the folder of marts" if name == "marts" else f"mart area models/marts/{name}"
        yield Problem(ProblemCode.NAME_TAKEN, f"name: {name} is {what} already", this.again)
        return
    own = models / name
    elsewhere = [
        path.relative_to(models)
        for model in (f"brz_{name}", f"slv_{name}")
        for path in models.glob(f"**/{model}.sql")
        if own not in path.parents
    ]
    if elsewhere:
        fact = f"name: models/{elsewhere[0]} is a model of this name already"
        yield Problem(ProblemCode.NAME_TAKEN, fact, this.again)
    elif this.row is None and any(own.glob("**/*.sql")) and not any(own.glob(f"**/brz_{name}.sql")):
        fact = f"name: folder models/{name} holds models, none of them brz_{name}.sql"
        yield Problem(ProblemCode.NAME_TAKEN, fact, this.again)


#: Those that hold for a topic that another sink lands as well.
OF_ANY_SINK: tuple[Check, ...] = (_declared_by_connector, _owner, taken_names, _fields, _rebuild)
#: In the order in which a person would look for them.
CHECKS: tuple[Check, ...] = (
    _declared_by_connector,
    _owner,
    _landed_twice,
    taken_names,
    _topic,
    _dead_letters,
    _fields,
    _rebuild,
    _plugin,
)


def _reads(config: Mapping[str, str], topic: str) -> bool:
    """Return whether a sink with this config reads a topic."""
    named = [part.strip() for part in config.get("topics", "").split(",")]
    pattern = config.get("topics.regex", "")
    try:
        return topic in named or bool(pattern and re.fullmatch(pattern, topic))
    except re.error:
        return False  # Java's own spelling; Connect would have refused a wrong one


def _create(scene: Scene, topic: str) -> str:
    return f"kafka-topics --bootstrap-server {scene.settings.kafka_bootstrap} --create --topic {topic}"
