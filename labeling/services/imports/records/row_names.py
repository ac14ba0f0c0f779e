"""What a row that does not go in is called, so that a person finds it in the file: its id, else what it is about."""

from collections.abc import Mapping
from typing import Any

MAX_CHARACTERS = 255


def row_name(given_id: Any, record: Mapping[str, Any]) -> str:
    """``given_id`` is what the row said before it was built, which takes the id out of the record."""
    if given_id is None or given_id == "":  # 0 is an id
        given_id = record.get("external_id")  # of our own exports
    if given_id is not None and given_id != "":
        return shown_name(given_id)
    sides = [shown_name(record[side]) for side in ("left", "right") if record.get(side) not in (None, "")]
    return shown_name(" | ".join(sides) or record.get("image") or "")


def shown_name(value: Any) -> str:
    """As every database stores it, whatever the file holds."""
    return str(value).encode(errors="replace").decode().replace("\0", "").strip()[:MAX_CHARACTERS]
