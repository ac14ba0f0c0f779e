"""Label sets as people type them: one label a line, its key in square brackets at the end."""

import re
from collections.abc import Iterable
from typing import Any

from labeling.models import Label

_LINE = re.compile(r"^(?P<name>.*?)(?:\s*\[(?P<hotkey>\S?)\])?$")
_ENDS_LIKE_A_KEY = re.compile(r"\[\S?\]$")


def parse(text: str) -> list[dict[str, Any]]:
    """``"glass [g]\\npaper"`` is ``[{"name": "glass", "hotkey": "g"}, {"name": "paper", "hotkey": ""}]``."""
    labels = []
    for line in text.splitlines():
        match = _LINE.match(line.strip())
        if match and match["name"].strip():
            labels.append({"name": match["name"].strip(), "hotkey": match["hotkey"] or ""})
    return labels


def write(labels: Iterable[Label]) -> str:
    """The lines that ``parse`` reads back as the same labels."""
    return "\n".join(_line(label.name, label.hotkey) for label in labels)


def _line(name: str, hotkey: str) -> str:
    return f"{name} [{hotkey}]" if hotkey or _ENDS_LIKE_A_KEY.search(name) else name
