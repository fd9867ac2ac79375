"""A dataset's connector configs: the dataset's own fields, the rest from the settings."""

from __future__ import annotations

from metastore_sync.model import Dataset, to_document
from metastore_sync.render_cdc import source_config
from metastore_sync.settings import Settings
from metastore_sync.spelling import to_connector

SINK = "io.tidegate.connect.s3.S3SinkConnector"
#: Connectors that Tidegate makes are called so; any other one with `dataset.*` keys is adopted.
PREFIX = "tidegate-"
_BYTES = "org.apache.kafka.connect.converters.ByteArrayConverter"


def connector_name(dataset: str) -> str:
    """Return the name of the connector that lands a dataset of a file or of the API."""
    return PREFIX + dataset


def connectors(dataset: Dataset, settings: Settings) -> tuple[dict[str, str], ...]:
    """Return the config of every connector of a dataset: its sink; before it, a captured table's source."""
    sink = sink_config(dataset, settings)
    return (source_config(dataset, dataset.cdc), sink) if dataset.cdc else (sink,)


def sink_config(dataset: Dataset, settings: Settings) -> dict[str, str]:
    """
    Return the connector's config; secrets stay names that the Connect worker looks up itself.

    The dataset's own `connector` settings come last and win.
    """
    return {
        "name": connector_name(dataset.name),
        "connector.class": SINK,
        "tasks.max": "1",
        "topics": dataset.kafka_topic,
        "key.converter": _BYTES,
        "value.converter": _BYTES,
        # Connect's default reads header values as JSON and would write them anew.
        "header.converter": _BYTES,
        "kafka.bootstrap.servers": settings.kafka_bootstrap,
        **_store(settings),
        **to_connector(to_document(dataset)),
        **dataset.connector,
    }


def _store(settings: Settings) -> dict[str, str]:
    config = {
        "s3.bucket": settings.raw_bucket,
        "s3.prefix": "",
        "s3.region": settings.s3_region,
    }
    if settings.s3_endpoint:
        config["s3.endpoint"] = settings.s3_endpoint
        config["s3.path.style.access"] = "true"
    if settings.s3_secret_key:
        config["s3.access.key.id"] = "${env:TIDEGATE_S3_ACCESS_KEY}"
        config["s3.secret.access.key"] = "${env:TIDEGATE_S3_SECRET_KEY}"
    return config
