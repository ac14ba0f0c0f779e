"""Words can be read: WCAG AA on every pair of colours that the pages put together, light and dark."""

import re

import pytest
from django.conf import settings

TOKENS = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text()
GROUNDS = ("paper", "surface", "surface-sunken")
SOFT_GROUNDS = ("accent-soft", "good-soft", "warn-soft", "bad-soft")
INKS = ("ink", "ink-2", "ink-3", "accent", "good", "warn", "bad")
WORDS = [(ink, ground) for ink in INKS for ground in GROUNDS + SOFT_GROUNDS] + [("accent-ink", "accent")]
#: edges of controls and the focus ring need 3 : 1
EDGES = [("line-strong", ground) for ground in GROUNDS] + [("focus", ground) for ground in GROUNDS]


def theme(name: str) -> dict[str, str]:
    start = TOKENS.index(":root,\n") if name == "light" else TOKENS.index(':root[data-theme="dark"] {')
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", TOKENS[start : TOKENS.index("\n}", start)]))


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_formula_by_hand():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_contrast(name):
    colours = theme(name)
    weak = {pair: contrast(*(colours[part] for part in pair)) for pair in WORDS}
    assert {pair: round(found, 2) for pair, found in weak.items() if found < 4.5} == {}
    edges = {pair: contrast(*(colours[part] for part in pair)) for pair in EDGES}
    assert {pair: round(found, 2) for pair, found in edges.items() if found < 3} == {}


def test_the_dark_twins_are_equal():
    """Dark by the system and dark by the switch are written twice; they must stay the same."""
    system = TOKENS[TOKENS.index("prefers-color-scheme: dark") : TOKENS.index(':root[data-theme="dark"] {')]
    assert dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", system)) == theme("dark")
