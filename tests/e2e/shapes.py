"""Which pages have something that no page before them had: the others need not be looked at again."""

from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

Shape = tuple[str, ...]
_EMPTY = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
#: Classes that name a table or a column and are not dressed by any sheet.
_NAMES = ("model-", "app-", "field-", "column-", "current-")


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.path: list[str] = []
        self.shapes: set[Shape] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        classes = sorted(name for name in (given.get("class") or "").split() if not name.startswith(_NAMES))
        element = " ".join([tag, given.get("type") or given.get("role") or "", *classes])
        self.shapes.add((*self.path, element))
        if tag not in _EMPTY:
            self.path.append(element)

    def handle_endtag(self, tag: str) -> None:
        names = [element.split(" ")[0] for element in self.path]
        if tag in names:
            del self.path[len(names) - 1 - names[::-1].index(tag) :]


def shapes(html: str) -> set[Shape]:
    """Each element of a page with all that it stands in, by tag, kind and classes."""
    elements = _Elements()
    elements.feed(html)
    return elements.shapes


def with_something_new(pages: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The addresses of some of the pages (address, html): every shape is on one of them. Next comes the page with the
    most shapes that none before had."""
    left = {address: shapes(html) for address, html in pages}
    while left:
        address = max(left, key=lambda address: len(left[address]))  # the first of equals
        met = left.pop(address)
        if not met:
            return
        yield address
        for found in left.values():
            found -= met
