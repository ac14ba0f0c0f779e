"""axe-core in a page of a browser: what it finds wrong, in the four looks that a page has, and what sticks out."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

#: The script alone: its wrapper says nothing of where a fault is.
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
#: Theme, width and what is asked: the words of a page are the same in every look, its colours and measures are not.
LOOKS = (
    ("light", 1280, WCAG),
    ("light", 390, ("color-contrast", "target-size")),
    ("dark", 1280, ("color-contrast",)),
    ("dark", 390, ("color-contrast",)),
)

#: A colour that is on its way to another would be measured in between; the fourth row of a list is like the third, and
#: so is the fourth choice of a field of the console: the permissions of a person are hundreds.
_PREPARE = """() => {
    const still = new CSSStyleSheet();
    still.replaceSync("*, ::before, ::after { transition: none !important; animation: none !important; }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
    const alike = "#result_list tbody tr:nth-child(n+4), #content-main option:nth-child(n+4)";
    document.querySelectorAll(alike).forEach((one) => one.remove());
}"""
_RUN = """async ([rules, left_out]) => {
    const context = { include: [["html"]], exclude: left_out.map((part) => [part]) };
    const { violations } = await axe.run(context, { preload: false, resultTypes: ["violations"], runOnly: rules });
    const tooWide = document.documentElement.scrollWidth - innerWidth;
    return violations.flatMap(({ id, impact, nodes }) => nodes.map(({ html, any, all, none }) =>
        [impact, id, html.slice(0, 140), ([...any, ...all, ...none][0]?.message ?? "").slice(0, 200)].join(" ")))
        .concat(tooWide > 0 ? [`${tooWide} pixels wider than the window`] : []);
}"""


def findings(page: Page, left_out: Sequence[str] = ()) -> Iterator[str]:
    """One line for each fault of the page that is open, and for each look in which it is wider than the window."""
    page.evaluate(_PREPARE)
    page.evaluate(AXE)
    for scheme, width, rules in LOOKS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 800})
        for fault in page.evaluate(_RUN, [rules, left_out]):
            yield f"{scheme} {width}: {fault}"


def faults_of(page: Page, addresses: Iterable[str], met_before: Sequence[str] = ()) -> dict[str, list[str]]:
    """The addresses at which axe finds something, and what; ``met_before`` is looked at on the first one only."""
    found = {}
    for number, address in enumerate(addresses):
        response = page.goto(address)
        assert response is not None
        assert response.status == 200, address
        if page.locator("[hx-trigger*=load]").count():
            page.wait_for_load_state("networkidle")  # parts that come after the page
        if faults := list(findings(page, met_before if number else ())):
            found[address] = faults
    return found
