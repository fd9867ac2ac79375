"""What people are told when another sink's objects cannot be read, and which setting to change there."""

from __future__ import annotations

from metastore_sync.errors import BrokenError, VerdictError

_NOTHING = "Nothing of this partition was read from there on, and nothing was admitted."
_GUIDE = "docs/layouts.md"


def format_not_read(key: str, name: str, setting: str) -> VerdictError:
    """Return the refusal of bytes that hold no JSON lines."""
    fact = f"Object is {name}, which this layout is not read from; set {setting} there"
    return VerdictError(fact, where=key, not_done=_NOTHING, next_command=_GUIDE)


def name_not_read(key: str, why: str) -> VerdictError:
    """Return the refusal of an object whose name tells that it holds no JSON lines."""
    return VerdictError(f"Object is not read: {why}", where=key, not_done=_NOTHING, next_command=_GUIDE)


def no_envelope(key: str, setting: str, mistake: str = "") -> VerdictError:
    """Return the refusal of Aiven's csv, or of values without the envelope that holds the offset."""
    fact = "Object holds no records with offsets"
    told = f"{fact} ({mistake})" if mistake else fact
    return VerdictError(f"{told}; set {setting} there", where=key, not_done=_NOTHING, next_command=_GUIDE)


def field_missing(key: str, field: str) -> VerdictError:
    """Return the refusal of an envelope without offset or value."""
    fact = f"Records lack their {field}; set format.output.fields=key,value,offset,timestamp,headers there"
    return VerdictError(fact, where=key, not_done=_NOTHING, next_command=_GUIDE)


def no_text(key: str, line: int) -> VerdictError:
    """Return the refusal of `values: text` where a value is no JSON string."""
    fact = "Value is no JSON string, though landing.values is text; JsonConverter wrote it: say values: json"
    return VerdictError(fact, where=f"{key}, line {line}", not_done=_NOTHING, next_command=_GUIDE)


def no_objects(key: str, *, as_text: bool) -> VerdictError:
    """Return the refusal of a first object in which no value is a JSON object."""
    if as_text:
        hint = "the texts may be base64: set value.converter to StringConverter or JsonConverter there"
    else:
        hint = "StringConverter writes the producer's text as a JSON string: say landing.values: text"
    return VerdictError(
        f"No value is a JSON object; {hint}", where=key, not_done=_NOTHING, next_command=_GUIDE
    )


def damaged(key: str, mistake: str) -> BrokenError:
    """Return the error of an object that was cut off or changed, which its sink may write again."""
    return BrokenError(
        f"Object of another sink is damaged: {mistake}",
        where=key,
        not_done=_NOTHING,
        next_command="look at the object; when its sink has written it again, repeat the command",
    )


def changed_meanwhile(key: str) -> BrokenError:
    """Return the error of an object that was written again between listing and reading."""
    return BrokenError("Object was written again while it was read", where=key, not_done=_NOTHING)


def misplaced(key: str, partition: int, offset: int, known: str) -> VerdictError:
    """Return the refusal of records whose offsets the names do not tell."""
    return VerdictError(
        f"Partition {partition}: the record at offset {offset} is another one than in {known}; the offsets "
        "of this object cannot be told from its name",
        where=key,
        not_done=_NOTHING,
        next_command=f"{_GUIDE}: partitioners and rotate.file.on.partition.change",
    )


def committed_by_another(key: str) -> BrokenError:
    """Return the error of a manifest that somebody else put at this place first."""
    return BrokenError(
        "Another run read the same objects first", where=key, not_done="This one wrote no manifest over it."
    )
