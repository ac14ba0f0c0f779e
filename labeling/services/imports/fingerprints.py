"""What makes an item or a context the same as another, whatever it is stored as: hashes of its canonical spelling."""

import hashlib
from typing import Any

import orjson

from labeling.kinds.spelling import canonical

SORTED_JSON = orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS


def asked_of_row(data: str) -> bytes:
    """What is asked about by a table row that is stored as this compact JSON with sorted keys."""
    # nothing in a compact row stands beside a blank, but a blank at the end of a text; escapes hide line ends
    if data.isascii() and '" ' not in data and ' "' not in data and "\\" not in data:
        return data.encode()
    row = orjson.loads(data)
    same = {canonical(name): canonical_of(value) for name, value in row.items()}
    if len(same) < len(row):
        return data.encode()  # two columns differ by their spelling alone: they are two
    return orjson.dumps(same, option=SORTED_JSON)


def canonical_of(value: Any) -> Any:
    """A value with every text in it in canonical spelling."""
    if isinstance(value, str):
        return canonical(value)
    if isinstance(value, list):
        return [canonical_of(part) for part in value]
    if isinstance(value, dict):
        return {name: canonical_of(part) for name, part in value.items()}
    return value


def content_hash(asked: bytes, identity: str) -> str:
    """The fingerprint of an item; ``identity`` is that of its context, "" without one."""
    digest = hashlib.sha256(asked)
    if identity:
        digest.update(b"\0" + identity.encode())
    return digest.hexdigest()


def context_hash(
    external_id: str | None, text: str, purpose: str, facts: list[list[Any]], picture_sha256: str | None
) -> str:
    """The fingerprint of a context: its id, else all it says."""
    said: list[Any] = ["id", external_id]
    if not external_id:
        said = [canonical(text), canonical(purpose), canonical_of(facts), *filter(None, [picture_sha256])]
    return hashlib.sha256(orjson.dumps(said)).hexdigest()
