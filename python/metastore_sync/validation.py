"""What Connect and the sink themselves say about a config, as named problems."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from metastore_sync.changes import Problem
from metastore_sync.connect_api import Validation
from metastore_sync.errors import BrokenError
from metastore_sync.problem_codes import ProblemCode
from metastore_sync.scene import Candidate, Scene

#: Keys whose refusal means that the sink's probe of the bucket failed.
_STORE = frozenset(
    {
        "s3.bucket",
        "s3.endpoint",
        "s3.region",
        "s3.access.key.id",
        "s3.secret.access.key",
        "delivery.guarantee",
    }
)
#: Handed through to the sink's own Kafka client, which Connect's validation does not know.
_PASSED_ON = ("kafka.",)


def problems(scene: Scene, this: Candidate) -> list[Problem]:
    """Return what the worker refuses; it asks bucket and brokers for real."""
    try:
        found = scene.api.validate(dict(this.config))
    except BrokenError as error:
        return [Problem(ProblemCode.CONNECTOR_VALUE_REFUSED, error.fact, this.again)]
    unknown = _unknown(this.dataset.connector, found)
    return [*_unknown_keys(this, unknown, found), *_refused(this, unknown, found)]


def _unknown(given: Iterable[str], found: Validation) -> list[str]:
    return [key for key in given if key not in found.known and not key.startswith(_PASSED_ON)]


def _unknown_keys(this: Candidate, unknown: Iterable[str], found: Validation) -> Iterator[Problem]:
    for key in unknown:
        likely = difflib.get_close_matches(key, sorted(found.known), n=1)
        meant = f" (did you mean {likely[0]}?)" if likely else ""
        fact = f"connector.{key}: neither Connect nor the sink reads it, and both would ignore it{meant}"
        yield Problem(ProblemCode.CONNECTOR_KEY_UNKNOWN, fact, this.again)


def _refused(this: Candidate, unknown: Iterable[str], found: Validation) -> Iterator[Problem]:
    told = set(unknown)
    for key, texts in found.errors.items():
        code = ProblemCode.BUCKET_NOT_WRITABLE if key in _STORE else ProblemCode.CONNECTOR_VALUE_REFUSED
        # What Connect says after a key's first error only follows from it.
        for text in texts[:1] if key not in told else ():
            fact = text if text.startswith(key) else f"{key}: {text}"
            bucket = f"bucket {this.config['s3.bucket']}: " if key in _STORE else ""
            again = "tidegate doctor" if key in _STORE and key not in this.dataset.connector else this.again
            yield Problem(code, bucket + fact, again)
