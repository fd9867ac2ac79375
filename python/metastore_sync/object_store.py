"""The one way every package reaches the object store."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config

from metastore_sync.settings import Settings

#: Settings whose client is kept; a process seldom knows more than one.
_KEPT = 4


def client(settings: Settings, *, read_seconds: float = 60.0, attempts: int = 5) -> Any:
    """
    Return an S3 client of the settings' store, or of AWS itself when they name no endpoint.

    Args:
        settings: Endpoint, region and keys; without keys the AWS default chain finds some.
        read_seconds: How long one answer may take; a connection gets at most 5 s.
        attempts: Tries per request, the first included.
    """
    return boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint or None,
        aws_access_key_id=settings.s3_access_key or None,
        aws_secret_access_key=settings.s3_secret_key or None,
        region_name=settings.s3_region,
        config=Config(
            s3={"addressing_style": "path"},
            # Servers older than the checksum headers refuse them.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"total_max_attempts": attempts, "mode": "standard"},
            max_pool_connections=16,
            connect_timeout=min(5.0, read_seconds),
            read_timeout=read_seconds,
        ),
    )


@lru_cache(_KEPT)
def shared(settings: Settings) -> Any:
    """Return this process's one client: making one takes longer than most requests; threads may share it."""
    return client(settings)


# Two processes must not talk over one connection.
os.register_at_fork(after_in_child=shared.cache_clear)
