"""axe-core in a page of a browser: what it finds wrong, in the four looks that a page has."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

#: The script alone: its wrapper says nothing of where a fault is.
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1280, 390)]

#: A colour that is on its way to another would be measured in between.
_STILL = """() => {
    const still = new CSSStyleSheet();
    still.replaceSync("*, ::before, ::after { transition: none !important; animation: none !important; }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
}"""
_RUN = """async () => {
    const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const { violations } = await axe.run(document, { preload: false, resultTypes: ["violations"], runOnly: rules });
    return violations.flatMap(({ id, impact, nodes }) => nodes.map(({ html, any, all, none }) =>
        [impact, id, html.slice(0, 140), ([...any, ...all, ...none][0]?.message ?? "").slice(0, 200)].join(" ")));
}"""


def findings(page: Page, looks: Iterable[tuple[str, int]] = LOOKS) -> Iterator[str]:
    """One line for each fault of the page that is open."""
    page.evaluate(_STILL)
    page.evaluate(AXE)
    for scheme, width in looks:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 800})
        for fault in page.evaluate(_RUN):
            yield f"{scheme} {width}: {fault}"


def faults_of(page: Page, addresses: Iterable[str]) -> dict[str, list[str]]:
    """The addresses at which axe finds something, and what."""
    found = {}
    for address in addresses:
        response = page.goto(address)
        assert response is not None
        assert response.status == 200, address
        if page.locator("[hx-trigger*=load]").count():
            page.wait_for_load_state("networkidle")  # parts that come after the page
        if faults := list(findings(page)):
            found[address] = faults
    return found
