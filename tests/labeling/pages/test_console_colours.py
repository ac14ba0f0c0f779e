"""The console can be read: every colour of Django's is ours, and WCAG AA holds where one stands on another."""

import re
from pathlib import Path

import django.contrib.admin
import pytest
from django.conf import settings

from tests.labeling.pages.test_contrast import TOKENS, contrast, theme

DJANGO = (Path(django.contrib.admin.__file__).parent / "static" / "admin" / "css" / "base.css").read_text()
OURS = (settings.BASE_DIR / "static" / "css" / "admin.css").read_text()
#: Ink and ground, as the sheets of the console put them together.
PAIRS = [
    ("body-fg", "body-bg"), ("body-fg", "darkened-bg"), ("body-fg", "selected-row"), ("body-fg", "selected-bg"),
    ("body-quiet-color", "body-bg"), ("body-quiet-color", "darkened-bg"), ("body-quiet-color", "selected-bg"),
    ("body-medium-color", "darkened-bg"), ("link-fg", "body-bg"), ("link-fg", "darkened-bg"),
    ("link-fg", "selected-row"), ("link-hover-color", "darkened-bg"), ("link-selected-fg", "darkened-bg"),
    ("error-fg", "body-bg"), ("error-fg", "darkened-bg"), ("header-color", "header-bg"),
    ("header-link-color", "header-bg"), ("header-link-color", "primary"), ("header-link-color", "secondary"),
    ("breadcrumbs-fg", "breadcrumbs-bg"), ("breadcrumbs-link-fg", "breadcrumbs-bg"), ("breadcrumbs-fg", "primary"),
    *(("button-fg", f"{kind}-bg") for kind in (
        "button", "button-hover", "default-button", "default-button-hover", "close-button", "close-button-hover",
        "delete-button", "delete-button-hover",
    )),
    ("object-tools-fg", "object-tools-bg"), ("object-tools-fg", "object-tools-hover-bg"),
    *(("body-fg", f"message-{kind}-bg") for kind in ("success", "warning", "error")),
]  # fmt: skip


def properties(css: str) -> dict[str, str]:
    """The custom properties of the first rule."""
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", css[: css.index("}")]))


def test_no_colour_of_django_s_is_left():
    """Half a theme is worse than none: their ground under our ink."""
    theirs = {name for name in properties(DJANGO) if not name.startswith("font-family")}
    assert theirs - {"accent"} - set(properties(OURS)) == set()
    assert "accent" in theme("light")


@pytest.mark.parametrize("name", ["light", "dark"])
def test_every_ink_is_read_on_its_ground(name):
    said, colours = properties(OURS), theme(name)
    seen = {part: colours[re.sub(r"var\(--([\w-]+)\)", r"\1", said[part])] for pair in PAIRS for part in pair}
    weak = {pair: round(contrast(seen[pair[0]], seen[pair[1]]), 2) for pair in PAIRS}
    assert {pair: found for pair, found in weak.items() if found < 4.5} == {}


def test_a_light_theme_that_was_chosen_is_ours():
    """Django sets ``--accent`` for it by a selector that outweighs a bare ``:root``."""
    selector = re.search(r"([^}/]*)\{\s*--primary", DJANGO).group(1)
    assert 'html[data-theme="light"]' in selector
    light = TOKENS[TOKENS.index(":root") : TOKENS.index("{")]
    assert 'html[data-theme="light"]' in light
