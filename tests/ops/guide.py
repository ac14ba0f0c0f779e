"""What the guide says, taken out of it to be run: the blocks of a section, with values of a test in their places."""

import re
from pathlib import Path

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "operating.md"


def blocks(section: str, language: str) -> list[str]:
    """The fenced blocks of that language in a section, in order."""
    text = GUIDE.read_text()
    found = re.search(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"the guide has no section {section}"
    return re.findall(rf"^```{language}\n(.*?)^```", found[1], re.MULTILINE | re.DOTALL)


def with_values(text: str, values: dict[str, str]) -> str:
    """Every key must be in the text: what the guide no longer says cannot be replaced unnoticed."""
    for key, value in values.items():
        assert key in text, f"{key!r} is not in:\n{text}"
        text = text.replace(key, value)
    return text
